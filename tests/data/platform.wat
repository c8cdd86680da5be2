;; A component that uses atoll:platform: `greet` logs an entry and `whose` tells the trace of the call.
(component
  (import "atoll:platform/types@0.1.0" (instance $types
    (type $d u64)
    (export "duration" (type (eq $d)))
    (type $f (record (field "name" string) (field "value" string)))
    (export "field" (type (eq $f)))))
  (alias export $types "duration" (type $duration))
  (alias export $types "field" (type $field))
  (import "atoll:platform/logging@0.1.0" (instance $logging
    (alias outer 1 $field (type $f0))
    (export "field" (type $f (eq $f0)))
    (type $l (enum "trace" "debug" "info" "warn" "error" "critical"))
    (export "level" (type $level (eq $l)))
    (export "log" (func (param "level" $level) (param "source" string) (param "message" string) (param "fields" (list $f))))))
  (import "atoll:platform/context@0.1.0" (instance $context
    (alias outer 1 $duration (type $d0))
    (export "duration" (type $d (eq $d0)))
    (type $r (enum "low" "medium" "high"))
    (export "risk-level" (type $risk (eq $r)))
    (type $fl (record (field "name" string) (field "value" bool)))
    (export "flag" (type $flag (eq $fl)))
    (type $b (record (field "time" (option $d)) (field "memory" (option u64))))
    (export "budgets" (type $budgets (eq $b)))
    (type $fr (record
      (field "trace-id" string) (field "tenant" string) (field "stage" (option string)) (field "risk-level" $risk) (field "read-only" bool)
      (field "dry-run" bool) (field "flags" (list $flag)) (field "budgets" $budgets) (field "workspace" string) (field "extra" string)))
    (export "frame" (type $frame (eq $fr)))
    (export "current" (func (result (option $frame))))))
  (core module $libc
    (memory (export "memory") 1)
    (global $next (mut i32) (i32.const 4096))
    (func (export "realloc") (param i32 i32 i32) (param $size i32) (result i32)
      (local $at i32)
      (local.set $at (i32.and (i32.add (global.get $next) (i32.const 15)) (i32.const -16)))
      (global.set $next (i32.add (local.get $at) (local.get $size)))
      (local.get $at)))
  (core instance $libc (instantiate $libc))
  (core func $log (canon lower (func $logging "log") (memory $libc "memory") (realloc (func $libc "realloc"))))
  (core func $current (canon lower (func $context "current") (memory $libc "memory") (realloc (func $libc "realloc"))))
  (core module $m
    (import "libc" "memory" (memory 1))
    (import "host" "log" (func $log (param i32 i32 i32 i32 i32 i32 i32)))
    (import "host" "current" (func $current (param i32)))
    (data (i32.const 16) "guesthello from the guest")
    (func (export "greet") (call $log (i32.const 3) (i32.const 16) (i32.const 5) (i32.const 21) (i32.const 20) (i32.const 0) (i32.const 0)))
    ;; The frame lies behind the case of its option; the trace is its first field.
    (func (export "whose") (result i32) (call $current (i32.const 1024)) (i32.const 1032)))
  (core instance $m (instantiate $m
    (with "libc" (instance $libc))
    (with "host" (instance (export "log" (func $log)) (export "current" (func $current))))))
  (func (export "greet") (canon lift (core func $m "greet")))
  (func (export "whose") (result string) (canon lift (core func $m "whose") (memory $libc "memory"))))
