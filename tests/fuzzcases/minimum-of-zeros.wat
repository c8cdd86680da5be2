(module
  (memory (export "m") 1)
  (func (export "f32") (param f32) (result f32) (f32.min (f32.const -0) (local.get 0)))
  (func (export "f64") (param f64) (result f64) (f64.min (local.get 0) (f64.const -0)))
  (func (export "memory") (f64.store (i32.const 0) (f64.ceil (f64.min (f64.const -0) (f64.load (i32.const 16)))))))
