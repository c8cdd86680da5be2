(module
  (func (export "compared") (result i32)
    (i32.ge_s (i32.rotr (i32.const -1) (i32.const 32767)) (select (i32.const 0) (i32.const 0) (i32.const 0))))
  (func (export "shifted") (result i32) (i32.shr_s (i32.rotl (i32.const -1) (i32.const 31)) (i32.const 1))))
