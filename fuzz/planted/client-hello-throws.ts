// A parser that throws on a ClientHello that ends in the middle of a number.
import { plant } from './plant.ts';

plant(
  'src/tls/client-hello.ts',
  'return this.skip(size) ? this.#bytes.readUIntBE(at, size) : undefined;',
  'this.skip(size);\n    return this.#bytes.readUIntBE(at, size);',
);
