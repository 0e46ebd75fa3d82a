// The bindings decode texts with a TextDecoder that drops a byte order mark at their start, which is the Encoding
// Standard's default. A label value may begin with one, and has to be found again by exactly that value.

const keeping = new TextDecoder('utf-8', { ignoreBOM: true });
const decode = TextDecoder.prototype.decode;

TextDecoder.prototype.decode = function (...bytes) {
  return decode.apply(keeping, bytes);
};
