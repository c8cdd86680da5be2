// Written by `atoll bindgen ts` for the world demo:store/store. Do not change it: write it again.
import * as $host from 'demo:store/files';
import * as $convert from '../convert.js';

export const File = $host.File;
 {
  const call = File.prototype.read;
  File.prototype.read = function (count_) {
    return call.call(this, $convert.outU64(count_));
  };
}
