import { testMatrix } from './matrix.ts';

testMatrix('redirect');
