// Written by `atoll bindgen ts` for the world demo:plugin/plugin@0.2.0. Do not change it: write it again.
import * as $host from 'demo:plugin/log@0.2.0';

export const write = $host.write;
