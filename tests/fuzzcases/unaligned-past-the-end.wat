(module
  (memory i64 1)
  (func (export "notify") (result i32) (memory.atomic.notify offset=18446744073709551602 (i64.const 131036) (i32.const 1))))
