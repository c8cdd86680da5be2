(module
  (func (export "block") (result f32) (f32x4.extract_lane 3 (block (result v128) (v128.const i32x4 0 0 0 0xff899ac7))))
  (func (export "first") (result f32) (f32x4.extract_lane 0 (i32x4.splat (i32.const 0xff899ac7))))
  (func (export "number") (result f32) (f32.reinterpret_i32 (i32.const 0xff899ac7)))
  (func (export "local") (result f32) (local i32)
    (local.set 0 (i32.const 0x7f899ac7)) (f32.reinterpret_i32 (i32.or (local.get 0) (i32.const 0x80000000)))))
