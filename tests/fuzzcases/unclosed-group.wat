(module
  (rec (type $a (func))
