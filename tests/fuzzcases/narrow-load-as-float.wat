(module
  (memory 1)
  (global $g (mut i32) (i32.const 0x65f18b80))
  (func (export "u8") (result f32) (f32.reinterpret_i32 (i32.load8_u (i32.const 8))))
  (func (export "s16") (param i32) (result f32) (f32.reinterpret_i32 (i32.load16_s (i32.and (local.get 0) (i32.const 0xfff)))))
  (func (export "extended") (result f32) (f32.add (f32.reinterpret_i32 (i32.extend16_s (global.get $g))) (f32.const 0)))
  (data (i32.const 0) "\80\8b\f1\65\91\82\73\64\05\06\07\08\80\8b\f1\65"))
