// A proxy that takes 100 (Continue) for an attack when it did not ask for it.
import { plant } from './plant.ts';

plant(
  'src/http-proxy/response-reader.ts',
  'sink.onHead(head);',
  "if (head.status === 100) throw new Failure('bad-response', 'it was not asked for');\n    sink.onHead(head);",
);
