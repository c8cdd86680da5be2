(module
  (func (export "f64") (result f64) (f64.abs (f64.min (f64.const nan:0x162a009d) (f64.const -0))))
  (func (export "f32") (result f32) (f32.max (f32.const -0) (f32.const nan:0x99ac7))))
