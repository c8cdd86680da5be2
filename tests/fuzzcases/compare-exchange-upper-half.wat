(module
  (memory (export "m") 1 1 shared)
  (func (export "narrow") (param f64 i64 i64 i32) (result i64)
    (i32.and (i32.const 0) (i32.const 131036)) (local.get 2) (local.tee 2 (i64.const 0)) (i64.atomic.rmw32.cmpxchg_u)))
