(module
  (rec (type $a (func)))
  (rec (type $b (func)) (type (struct
