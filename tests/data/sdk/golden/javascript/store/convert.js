// Written by `atoll bindgen js` for the world demo:store/store. Do not change it: write it again.

/** A 64-bit integer as the component passes it. */
const out64 = (value, min, max) => {
  const integer = typeof value === 'bigint' ? value : BigInt(value);
  if (integer < min || integer > max) throw new RangeError(`${integer} is not from ${min} to ${max}`);
  return BigInt.asUintN(64, integer).toString(16);
};
const inS64 = (text) => BigInt.asIntN(64, BigInt(text));
const inU64 = (text) => BigInt(text);
const outS64 = (value) => out64(value, -0x8000000000000000n, 0x7fffffffffffffffn);
const outU64 = (value) => out64(value, 0n, 0xffffffffffffffffn);

/** Calls what the host has: the error of a `result` is thrown with its payload. */
export const imported = (call, value, error) => {
  let result;
  try {
    result = call();
  } catch (thrown) {
    if (!(thrown instanceof Error) || !Object.hasOwn(thrown, 'payload')) throw thrown;
    throw Object.assign(new Error(thrown.message), { payload: error(thrown.payload) });
  }
  return value(result);
};

/** Calls what the guest has: what it throws is the error of a `result`, but for an Error without payload. */
export const exported = (call, value, error) => {
  let result;
  try {
    result = call();
  } catch (thrown) {
    const hasPayload = thrown !== null && typeof thrown === 'object' && Object.hasOwn(thrown, 'payload');
    if (thrown instanceof Error && !hasPayload) throw thrown;
    throw { payload: error(hasPayload ? thrown.payload : thrown) };
  }
  return value(result);
};

export const same = (value) => value;

const convertCase = (cases) => (value) => (Object.hasOwn(cases, value.tag) ? { tag: value.tag, val: cases[value.tag](value.val) } : value);

export { inS64, inU64, outS64, outU64 };

