import { testMatrix } from './matrix.ts';

testMatrix('dns-proxy');
