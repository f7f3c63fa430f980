import { testMatrix } from './matrix.ts';

testMatrix('http-proxy');
