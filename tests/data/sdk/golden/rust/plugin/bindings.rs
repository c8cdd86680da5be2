// Written by `atoll bindgen rust` for the world demo:plugin/plugin@0.2.0. Do not change it: write it again.
// It belongs into the root of a crate as `mod bindings;` (edition 2021, rustc 1.63 or newer). Implement the traits `Guest` for one type and give it to
// `bindings::component!(TheType);`; where the module has another place, to `component!(TheType, in crate::that::place);`.
// Parameters belong to the function that gets them; what it returns is freed when the host has read it.
#![allow(dead_code, unused_imports, unused_macros, unused_mut, unused_variables, unused_unsafe, non_snake_case, non_upper_case_globals)]
#![allow(improper_ctypes_definitions, clippy::all)]

use rt::{String, Vec};

/// What the functions of this module stand on. There is nothing in it to call; only `Borrow` appears in signatures.
#[doc(hidden)]
pub mod rt {
    extern crate alloc as liballoc;

    pub use self::liballoc::{boxed::Box, string::String, vec::Vec};
    use self::liballoc::alloc as heap;
    use core::{alloc::Layout, cell::UnsafeCell, marker::PhantomData, mem::ManuallyDrop, ops::Deref};

    /// Memory that is needed until a call is over.
    pub struct Temps(Vec<(*mut u8, Layout)>);

    impl Temps {
        pub const fn new() -> Self {
            Temps(Vec::new())
        }

        unsafe fn take(&mut self, size: usize, align: usize) -> *mut u8 {
            let layout = Layout::from_size_align_unchecked(size, align);
            if size == 0 {
                return align as *mut u8;
            }
            let memory = allocate(layout);
            self.0.push((memory, layout));
            memory
        }
    }

    impl Drop for Temps {
        fn drop(&mut self) {
            for &(memory, layout) in &self.0 {
                unsafe { heap::dealloc(memory, layout) }
            }
        }
    }

    unsafe fn allocate(layout: Layout) -> *mut u8 {
        let memory = heap::alloc(layout);
        if memory.is_null() {
            heap::handle_alloc_error(layout);
        }
        memory
    }

    /// Frees what the host has put into this module's memory.
    pub unsafe fn release(memory: *mut u8, size: usize, align: usize) {
        if size != 0 {
            heap::dealloc(memory, Layout::from_size_align_unchecked(size, align));
        }
    }

    #[cfg(target_arch = "wasm32")]
    #[export_name = "cabi_realloc"]
    unsafe extern "C" fn cabi_realloc(old: *mut u8, old_size: usize, align: usize, size: usize) -> *mut u8 {
        if size == 0 {
            return align as *mut u8;
        }
        let layout = Layout::from_size_align_unchecked(size, align);
        if old_size == 0 {
            return allocate(layout);
        }
        let memory = heap::realloc(old, Layout::from_size_align_unchecked(old_size, align), size);
        if memory.is_null() {
            heap::handle_alloc_error(layout);
        }
        memory
    }

    /// A result that the host reads after the function has returned; nothing enters the module until it has been freed.
    pub struct Kept<T>(UnsafeCell<Option<(T, Temps)>>);

    unsafe impl<T> Sync for Kept<T> {}

    impl<T> Kept<T> {
        pub const fn new() -> Self {
            Kept(UnsafeCell::new(None))
        }

        pub unsafe fn set(&self, value: T, temps: Temps) {
            *self.0.get() = Some((value, temps));
        }

        pub unsafe fn free(&self) {
            *self.0.get() = None;
        }
    }

    /// Memory for a result; 8 is the largest alignment there is.
    #[repr(C, align(8))]
    pub struct Area<const N: usize>(UnsafeCell<[u8; N]>);

    unsafe impl<const N: usize> Sync for Area<N> {}

    impl<const N: usize> Area<N> {
        pub const fn new() -> Self {
            Area(UnsafeCell::new([0; N]))
        }

        pub fn at(&self) -> *mut u8 {
            self.0.get() as *mut u8
        }
    }

    /// Values that can leave this module. `lower` makes flat values, `store` writes to memory; both give owned handles away.
    pub trait Lower {
        const SIZE: usize;
        const ALIGN: usize;
        const FLAT: usize;
        /// Whether memory holds it here as it does for the host.
        const IS_PLAIN: bool = false;
        unsafe fn lower(&self, to: *mut u64, temps: &mut Temps);
        unsafe fn store(&self, to: *mut u8, temps: &mut Temps);
    }

    /// Values that can come into this module.
    pub trait Lift: Lower + Sized {
        unsafe fn lift(from: *const u64) -> Self;
        unsafe fn load(from: *const u8) -> Self;
    }

    pub const fn max(a: usize, b: usize) -> usize {
        if a > b { a } else { b }
    }

    pub const fn align_to(offset: usize, align: usize) -> usize {
        (offset + align - 1) / align * align
    }

    macro_rules! numbers {
        ($($type:ident, $size:literal, $to:expr, $from:expr;)*) => { $(
            impl Lower for $type {
                const SIZE: usize = $size;
                const ALIGN: usize = $size;
                const FLAT: usize = 1;
                const IS_PLAIN: bool = true;
                #[inline(always)]
                unsafe fn lower(&self, to: *mut u64, _: &mut Temps) {
                    *to = ($to)(*self);
                }
                #[inline(always)]
                unsafe fn store(&self, to: *mut u8, _: &mut Temps) {
                    *(to as *mut $type) = *self;
                }
            }
            impl Lift for $type {
                #[inline(always)]
                unsafe fn lift(from: *const u64) -> Self {
                    ($from)(*from)
                }
                #[inline(always)]
                unsafe fn load(from: *const u8) -> Self {
                    *(from as *const $type)
                }
            }
        )* };
    }

    numbers! {
        bool, 1, |x| x as u64, |x| x != 0;
        u8, 1, |x| x as u64, |x| x as u8;
        u16, 2, |x| x as u64, |x| x as u16;
        u32, 4, |x| x as u64, |x| x as u32;
        u64, 8, |x| x, |x| x;
        i8, 1, |x| x as i32 as u32 as u64, |x| x as i8;
        i16, 2, |x| x as i32 as u32 as u64, |x| x as i16;
        i32, 4, |x| x as u32 as u64, |x| x as i32;
        i64, 8, |x| x as u64, |x| x as i64;
        f32, 4, |x| f32::to_bits(x) as u64, |x| f32::from_bits(x as u32);
        f64, 8, |x| f64::to_bits(x), |x| f64::from_bits(x);
        char, 4, |x| x as u32 as u64, |x| char::from_u32_unchecked(x as u32);
    }

    /// What is not there: of a result without payload.
    impl Lower for () {
        const SIZE: usize = 0;
        const ALIGN: usize = 1;
        const FLAT: usize = 0;
        unsafe fn lower(&self, _: *mut u64, _: &mut Temps) {}
        unsafe fn store(&self, _: *mut u8, _: &mut Temps) {}
    }

    impl Lift for () {
        unsafe fn lift(_: *const u64) -> Self {}
        unsafe fn load(_: *const u8) -> Self {}
    }

    impl<T: Lower + ?Sized> Lower for &T {
        const SIZE: usize = T::SIZE;
        const ALIGN: usize = T::ALIGN;
        const FLAT: usize = T::FLAT;
        #[inline(always)]
        unsafe fn lower(&self, to: *mut u64, temps: &mut Temps) {
            (**self).lower(to, temps)
        }
        #[inline(always)]
        unsafe fn store(&self, to: *mut u8, temps: &mut Temps) {
            (**self).store(to, temps)
        }
    }
    macro_rules! sequence {
        () => {
            const SIZE: usize = 8;
            const ALIGN: usize = 4;
            const FLAT: usize = 2;
            #[inline(always)]
            unsafe fn lower(&self, to: *mut u64, temps: &mut Temps) {
                let (memory, length) = self.parts(temps);
                *to = memory as usize as u64;
                *to.add(1) = length as u64;
            }
            #[inline(always)]
            unsafe fn store(&self, to: *mut u8, temps: &mut Temps) {
                let (memory, length) = self.parts(temps);
                *(to as *mut u32) = memory as usize as u32;
                *(to as *mut u32).add(1) = length as u32;
            }
        };
    }

    trait Parts {
        unsafe fn parts(&self, temps: &mut Temps) -> (*const u8, usize);
    }

    impl Parts for str {
        #[inline(always)]
        unsafe fn parts(&self, _: &mut Temps) -> (*const u8, usize) {
            (self.as_ptr(), self.len())
        }
    }

    impl<T: Lower> Parts for [T] {
        #[inline]
        unsafe fn parts(&self, temps: &mut Temps) -> (*const u8, usize) {
            if T::IS_PLAIN {
                return (self.as_ptr() as *const u8, self.len());
            }
            let memory = temps.take(self.len() * T::SIZE, T::ALIGN);
            let mut to = memory;
            for item in self {
                item.store(to, temps);
                to = to.add(T::SIZE);
            }
            (memory, self.len())
        }
    }

    impl Lower for str {
        sequence!();
    }

    impl<T: Lower> Lower for [T] {
        sequence!();
    }

    macro_rules! owned {
        ([$($generics:tt)*] $type:ty, $borrowed:ty) => {
            impl<$($generics)*> Lower for $type {
                const SIZE: usize = 8;
                const ALIGN: usize = 4;
                const FLAT: usize = 2;
                #[inline(always)]
                unsafe fn lower(&self, to: *mut u64, temps: &mut Temps) {
                    <$borrowed as Lower>::lower(self, to, temps)
                }
                #[inline(always)]
                unsafe fn store(&self, to: *mut u8, temps: &mut Temps) {
                    <$borrowed as Lower>::store(self, to, temps)
                }
            }
        };
    }

    owned!([] String, str);
    owned!([T: Lower] Vec<T>, [T]);

    #[inline]
    unsafe fn string(memory: *mut u8, length: usize) -> String {
        if length == 0 { String::new() } else { String::from_raw_parts(memory, length, length) }
    }

    #[inline]
    unsafe fn list<T: Lift>(memory: *mut u8, length: usize) -> Vec<T> {
        if length == 0 {
            return Vec::new();
        }
        if T::IS_PLAIN {
            return Vec::from_raw_parts(memory as *mut T, length, length);
        }
        let mut items = Vec::with_capacity(length);
        for i in 0..length {
            items.push(T::load(memory.add(i * T::SIZE)));
        }
        release(memory, length * T::SIZE, T::ALIGN);
        items
    }

    impl Lift for String {
        unsafe fn lift(from: *const u64) -> Self {
            string(*from as usize as *mut u8, *from.add(1) as usize)
        }
        unsafe fn load(from: *const u8) -> Self {
            string(*(from as *const u32) as usize as *mut u8, *(from as *const u32).add(1) as usize)
        }
    }

    impl<T: Lift> Lift for Vec<T> {
        unsafe fn lift(from: *const u64) -> Self {
            list(*from as usize as *mut u8, *from.add(1) as usize)
        }
        unsafe fn load(from: *const u8) -> Self {
            list(*(from as *const u32) as usize as *mut u8, *(from as *const u32).add(1) as usize)
        }
    }

    impl<T: Lower, const N: usize> Lower for [T; N] {
        const SIZE: usize = N * T::SIZE;
        const ALIGN: usize = T::ALIGN;
        const FLAT: usize = N * T::FLAT;
        unsafe fn lower(&self, to: *mut u64, temps: &mut Temps) {
            for (i, item) in self.iter().enumerate() {
                item.lower(to.add(i * T::FLAT), temps);
            }
        }
        unsafe fn store(&self, to: *mut u8, temps: &mut Temps) {
            for (i, item) in self.iter().enumerate() {
                item.store(to.add(i * T::SIZE), temps);
            }
        }
    }

    impl<T: Lift, const N: usize> Lift for [T; N] {
        unsafe fn lift(from: *const u64) -> Self {
            let mut i = 0;
            [(); N].map(|_| {
                i += 1;
                T::lift(from.add((i - 1) * T::FLAT))
            })
        }
        unsafe fn load(from: *const u8) -> Self {
            let mut i = 0;
            [(); N].map(|_| {
                i += 1;
                T::load(from.add((i - 1) * T::SIZE))
            })
        }
    }

    impl<T: Lower> Lower for Option<T> {
        const SIZE: usize = align_to(T::ALIGN + T::SIZE, T::ALIGN);
        const ALIGN: usize = T::ALIGN;
        const FLAT: usize = 1 + T::FLAT;
        #[inline]
        unsafe fn lower(&self, to: *mut u64, temps: &mut Temps) {
            *to = self.is_some() as u64;
            if let Some(value) = self {
                value.lower(to.add(1), temps);
            }
        }
        #[inline]
        unsafe fn store(&self, to: *mut u8, temps: &mut Temps) {
            *to = self.is_some() as u8;
            if let Some(value) = self {
                value.store(to.add(T::ALIGN), temps);
            }
        }
    }

    impl<T: Lift> Lift for Option<T> {
        #[inline]
        unsafe fn lift(from: *const u64) -> Self {
            if *from == 0 { None } else { Some(T::lift(from.add(1))) }
        }
        #[inline]
        unsafe fn load(from: *const u8) -> Self {
            if *from == 0 { None } else { Some(T::load(from.add(T::ALIGN))) }
        }
    }

    impl<T: Lower, E: Lower> Lower for Result<T, E> {
        const SIZE: usize = align_to(Self::ALIGN + max(T::SIZE, E::SIZE), Self::ALIGN);
        const ALIGN: usize = max(T::ALIGN, E::ALIGN);
        const FLAT: usize = 1 + max(T::FLAT, E::FLAT);
        #[inline]
        unsafe fn lower(&self, to: *mut u64, temps: &mut Temps) {
            *to = self.is_err() as u64;
            match self {
                Ok(value) => value.lower(to.add(1), temps),
                Err(error) => error.lower(to.add(1), temps),
            }
        }
        #[inline]
        unsafe fn store(&self, to: *mut u8, temps: &mut Temps) {
            *to = self.is_err() as u8;
            match self {
                Ok(value) => value.store(to.add(Self::ALIGN), temps),
                Err(error) => error.store(to.add(Self::ALIGN), temps),
            }
        }
    }

    impl<T: Lift, E: Lift> Lift for Result<T, E> {
        #[inline]
        unsafe fn lift(from: *const u64) -> Self {
            if *from == 0 { Ok(T::lift(from.add(1))) } else { Err(E::lift(from.add(1))) }
        }
        #[inline]
        unsafe fn load(from: *const u8) -> Self {
            let payload = from.add(<Self as Lower>::ALIGN);
            if *from == 0 { Ok(T::load(payload)) } else { Err(E::load(payload)) }
        }
    }
    /// A type whose values are handles of resources.
    pub trait Resource {
        unsafe fn from_handle(handle: u32) -> Self;
        fn handle(&self) -> u32;
        /// Gives the handle away: the value is empty after that.
        fn take(&self) -> u32;
    }

    /// A borrowed resource within another value. It is used like a reference to the resource; `of` makes one.
    #[derive(Debug)]
    pub struct Borrow<'a, T: Resource> {
        value: ManuallyDrop<T>,
        is_lent: bool,
        owner: PhantomData<&'a T>,
    }

    impl<'a, T: Resource> Borrow<'a, T> {
        pub fn of(value: &'a T) -> Self {
            Borrow { value: ManuallyDrop::new(unsafe { T::from_handle(value.handle()) }), is_lent: false, owner: PhantomData }
        }

        unsafe fn lent(handle: u32) -> Self {
            Borrow { value: ManuallyDrop::new(T::from_handle(handle)), is_lent: true, owner: PhantomData }
        }
    }

    impl<'a, T: Resource> Deref for Borrow<'a, T> {
        type Target = T;
        fn deref(&self) -> &T {
            &self.value
        }
    }

    impl<'a, T: Resource> Drop for Borrow<'a, T> {
        /// What the host lent for a call has to be given back before the call ends.
        fn drop(&mut self) {
            if self.is_lent {
                unsafe { ManuallyDrop::drop(&mut self.value) }
            }
        }
    }

    macro_rules! handles {
        ([$($generics:tt)*] $type:ty, $this:ident => $give:expr, $handle:ident => $make:expr) => {
            impl<$($generics)*> rt::Lower for $type {
                const SIZE: usize = 4;
                const ALIGN: usize = 4;
                const FLAT: usize = 1;
                #[inline(always)]
                unsafe fn lower(&self, to: *mut u64, _: &mut rt::Temps) {
                    let $this = self;
                    *to = $give as u64;
                }
                #[inline(always)]
                unsafe fn store(&self, to: *mut u8, _: &mut rt::Temps) {
                    let $this = self;
                    *(to as *mut u32) = $give;
                }
            }
            impl<$($generics)*> rt::Lift for $type {
                #[inline(always)]
                unsafe fn lift(from: *const u64) -> Self {
                    let $handle = *from as u32;
                    $make
                }
                #[inline(always)]
                unsafe fn load(from: *const u8) -> Self {
                    let $handle = *(from as *const u32);
                    $make
                }
            }
        };
    }
    pub(super) use handles;
    use super::rt;

    handles!(['a, T: Resource] Borrow<'a, T>, this => this.handle(), handle => Self::lent(handle));

    /// What an exported resource is to the host: a value of any type, and how to tell and to drop it.
    #[repr(C)]
    struct Boxed<T> {
        tag: fn() -> core::any::TypeId,
        drop: unsafe fn(*mut u8),
        value: T,
    }

    pub fn boxed<T: 'static>(value: T) -> *mut u8 {
        unsafe fn drop<T>(memory: *mut u8) {
            core::mem::drop(Box::from_raw(memory as *mut Boxed<T>));
        }
        Box::into_raw(Box::new(Boxed { tag: core::any::TypeId::of::<T>, drop: drop::<T>, value })) as *mut u8
    }

    unsafe fn check<T: 'static>(memory: *mut u8) -> *mut Boxed<T> {
        if ((*(memory as *const Boxed<()>)).tag)() != core::any::TypeId::of::<T>() {
            panic!("the resource is implemented by another type");
        }
        memory as *mut Boxed<T>
    }

    pub unsafe fn value<'a, T: 'static>(memory: *mut u8) -> &'a T {
        &(*check::<T>(memory)).value
    }

    pub unsafe fn drop_boxed(memory: *mut u8) {
        ((*(memory as *const Boxed<()>)).drop)(memory)
    }

    /// An allocator of some hundred bytes of code: blocks of 16 · 2^n bytes and three sizes between, each size with a list of free ones. It never gives
    /// memory back to the host, and is for modules with one thread.
    pub struct SmallAllocator(UnsafeCell<State>);

    struct State {
        free: [*mut u8; CLASSES],
        start: usize,
        end: usize,
    }

    const CLASSES: usize = 112;
    const PAGE: usize = 65536;

    unsafe impl Sync for SmallAllocator {}

    impl SmallAllocator {
        pub const fn new() -> Self {
            SmallAllocator(UnsafeCell::new(State { free: [core::ptr::null_mut(); CLASSES], start: 0, end: 0 }))
        }
    }

    /// Number and bytes of the class that a block of a size belongs to.
    fn class_of(size: usize) -> (usize, usize) {
        if size <= 64 {
            let class = if size == 0 { 0 } else { (size - 1) / 16 };
            return (class, (class + 1) * 16);
        }
        let shift = (usize::BITS - 1 - (size - 1).leading_zeros()) as usize;
        let step = 1 << (shift - 2);
        let part = (size - 1 - (1 << shift)) / step;
        ((shift - 5) * 4 + part, (1 << shift) + (part + 1) * step)
    }

    unsafe impl core::alloc::GlobalAlloc for SmallAllocator {
        unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
            let state = &mut *self.0.get();
            if layout.align() > 16 || layout.size() > isize::MAX as usize / 2 {
                return core::ptr::null_mut();
            }
            let (class, size) = class_of(layout.size());
            let block = state.free[class];
            if !block.is_null() {
                state.free[class] = *(block as *const *mut u8);
                return block;
            }
            if state.end - state.start < size {
                let pages = (size + PAGE - 1) / PAGE;
                let grown = grow(pages);
                if grown == usize::MAX {
                    return core::ptr::null_mut();
                }
                if grown * PAGE != state.end {
                    state.start = grown * PAGE;
                }
                state.end = (grown + pages) * PAGE;
            }
            let block = state.start as *mut u8;
            state.start += size;
            block
        }

        unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
            let state = &mut *self.0.get();
            let (class, _) = class_of(layout.size());
            *(block as *mut *mut u8) = state.free[class];
            state.free[class] = block;
        }

        unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
            if class_of(layout.size()).0 == class_of(size).0 {
                return block;
            }
            let other = self.alloc(Layout::from_size_align_unchecked(size, layout.align()));
            if !other.is_null() {
                core::ptr::copy_nonoverlapping(block, other, if size < layout.size() { size } else { layout.size() });
                self.dealloc(block, layout);
            }
            other
        }
    }

    #[cfg(target_arch = "wasm32")]
    fn grow(pages: usize) -> usize {
        core::arch::wasm32::memory_grow(0, pages)
    }

    #[cfg(not(target_arch = "wasm32"))]
    fn grow(_: usize) -> usize {
        usize::MAX
    }
}

/// Makes the small allocator of this module the program's: `bindings::small_allocator!();`. For `wasm32-unknown-unknown`.
macro_rules! small_allocator {
    () => {
        $crate::bindings::small_allocator!(in $crate::bindings);
    };
    (in $($bindings:tt)+) => {
        #[global_allocator]
        static SMALL_ALLOCATOR: $($bindings)+::rt::SmallAllocator = $($bindings)+::rt::SmallAllocator::new();
    };
}
pub(crate) use small_allocator;

/// What a `no_std` module needs: the small allocator, and a trap on panic: `bindings::freestanding!();`.
macro_rules! freestanding {
    () => {
        $crate::bindings::freestanding!(in $crate::bindings);
    };
    (in $($bindings:tt)+) => {
        $($bindings)+::small_allocator!(in $($bindings)+);
        #[panic_handler]
        fn panic(_: &core::panic::PanicInfo) -> ! {
            core::arch::wasm32::unreachable()
        }
    };
}
pub(crate) use freestanding;

macro_rules! flag_set {
    ($type:ident, $bits:ident, $all:literal) => {
        impl $type {
            pub const fn empty() -> Self {
                $type { bits: 0 }
            }
            pub const fn all() -> Self {
                $type { bits: $all }
            }
            pub const fn bits(self) -> $bits {
                self.bits
            }
            /// Bits that stand for no flag are left out.
            pub const fn from_bits(bits: $bits) -> Self {
                $type { bits: bits & $all }
            }
            pub const fn is_empty(self) -> bool {
                self.bits == 0
            }
            pub const fn contains(self, other: Self) -> bool {
                self.bits & other.bits == other.bits
            }
            pub fn insert(&mut self, other: Self) {
                self.bits |= other.bits;
            }
            pub fn remove(&mut self, other: Self) {
                self.bits &= !other.bits;
            }
        }
        impl core::ops::BitOr for $type {
            type Output = Self;
            fn bitor(self, other: Self) -> Self {
                $type { bits: self.bits | other.bits }
            }
        }
        impl core::ops::BitAnd for $type {
            type Output = Self;
            fn bitand(self, other: Self) -> Self {
                $type { bits: self.bits & other.bits }
            }
        }
        impl core::ops::BitOrAssign for $type {
            fn bitor_assign(&mut self, other: Self) {
                self.bits |= other.bits;
            }
        }
        impl core::ops::Not for $type {
            type Output = Self;
            fn not(self) -> Self {
                $type { bits: !self.bits & $all }
            }
        }
        impl rt::Lower for $type {
            const SIZE: usize = core::mem::size_of::<$bits>();
            const ALIGN: usize = core::mem::size_of::<$bits>();
            const FLAT: usize = 1;
            unsafe fn lower(&self, to: *mut u64, _: &mut rt::Temps) {
                *to = self.bits as u64;
            }
            unsafe fn store(&self, to: *mut u8, _: &mut rt::Temps) {
                *(to as *mut $bits) = self.bits;
            }
        }
        impl rt::Lift for $type {
            unsafe fn lift(from: *const u64) -> Self {
                $type { bits: *from as $bits & $all }
            }
            unsafe fn load(from: *const u8) -> Self {
                $type { bits: *(from as *const $bits) & $all }
            }
        }
    };
}
macro_rules! enumeration {
    ($type:ident, $number:ident) => {
        impl rt::Lower for $type {
            const SIZE: usize = core::mem::size_of::<$number>();
            const ALIGN: usize = core::mem::size_of::<$number>();
            const FLAT: usize = 1;
            unsafe fn lower(&self, to: *mut u64, _: &mut rt::Temps) {
                *to = *self as $number as u64;
            }
            unsafe fn store(&self, to: *mut u8, _: &mut rt::Temps) {
                *(to as *mut $number) = *self as $number;
            }
        }
        impl rt::Lift for $type {
            unsafe fn lift(from: *const u64) -> Self {
                core::mem::transmute(*from as $number)
            }
            unsafe fn load(from: *const u8) -> Self {
                core::mem::transmute(*(from as *const $number))
            }
        }
    };
}

impl<T0: rt::Lower, T1: rt::Lower> rt::Lower for (T0, T1) {
    const SIZE: usize = rt::align_to(rt::align_to(rt::align_to(0, T0::ALIGN) + T0::SIZE, T1::ALIGN) + T1::SIZE, Self::ALIGN);
    const ALIGN: usize = rt::max(T0::ALIGN, T1::ALIGN);
    const FLAT: usize = <T0 as rt::Lower>::FLAT + <T1 as rt::Lower>::FLAT;
    #[inline]
    unsafe fn lower(&self, to: *mut u64, temps: &mut rt::Temps) {
        rt::Lower::lower(&self.0, to, temps);
        let to = to.add(<T0 as rt::Lower>::FLAT);
        rt::Lower::lower(&self.1, to, temps);
    }
    #[inline]
    unsafe fn store(&self, to: *mut u8, temps: &mut rt::Temps) {
        let at = 0;
        let at = rt::align_to(at, T0::ALIGN);
        rt::Lower::store(&self.0, to.add(at), temps);
        let at = rt::align_to(at + T0::SIZE, T1::ALIGN);
        rt::Lower::store(&self.1, to.add(at), temps);
    }
}
impl<T0: rt::Lift, T1: rt::Lift> rt::Lift for (T0, T1) {
    #[inline]
    unsafe fn lift(from: *const u64) -> Self {
        let item0 = <T0 as rt::Lift>::lift(from);
        let from = from.add(<T0 as rt::Lower>::FLAT);
        let item1 = <T1 as rt::Lift>::lift(from);
        (item0, item1)
    }
    #[inline]
    unsafe fn load(from: *const u8) -> Self {
        let at = 0;
        let at = rt::align_to(at, T0::ALIGN);
        let item0 = <T0 as rt::Lift>::load(from.add(at));
        let at = rt::align_to(at + T0::SIZE, T1::ALIGN);
        let item1 = <T1 as rt::Lift>::load(from.add(at));
        (item0, item1)
    }
}

pub use types::Place;

pub use types::Options;

pub use types::Finding;

pub mod types {
    use super::rt;
    use rt::{String, Vec};

    /// Where something is.
    #[derive(Clone, Debug, PartialEq, Eq, Hash)]
    pub struct Place {
        pub line: u32,
        pub file: String,
    }
    impl rt::Lower for Place {
        const SIZE: usize = 12;
        const ALIGN: usize = 4;
        const FLAT: usize = <u32 as rt::Lower>::FLAT + <String as rt::Lower>::FLAT;
        #[inline]
        unsafe fn lower(&self, to: *mut u64, temps: &mut rt::Temps) {
            rt::Lower::lower(&self.line, to, temps);
            let to = to.add(<u32 as rt::Lower>::FLAT);
            rt::Lower::lower(&self.file, to, temps);
        }
        #[inline]
        unsafe fn store(&self, to: *mut u8, temps: &mut rt::Temps) {
            rt::Lower::store(&self.line, to.add(0), temps);
            rt::Lower::store(&self.file, to.add(4), temps);
        }
    }
    impl rt::Lift for Place {
        #[inline]
        unsafe fn lift(from: *const u64) -> Self {
            let item0 = <u32 as rt::Lift>::lift(from);
            let from = from.add(<u32 as rt::Lower>::FLAT);
            let item1 = <String as rt::Lift>::lift(from);
            Place { line: item0, file: item1 }
        }
        #[inline]
        unsafe fn load(from: *const u8) -> Self {
            let item0 = <u32 as rt::Lift>::load(from.add(0));
            let item1 = <String as rt::Lift>::load(from.add(4));
            Place { line: item0, file: item1 }
        }
    }

    /// How bad it is.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
    #[repr(u8)]
    pub enum Level {
        Info,
        Warning,
        Error,
    }
    enumeration!(Level, u8);

    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
    pub struct Options {
        bits: u8,
    }
    impl Options {
        pub const FAST: Self = Options { bits: 1 << 0 };
        pub const STRICT: Self = Options { bits: 1 << 1 };
    }
    flag_set!(Options, u8, 0x3);

    #[derive(Clone, Debug, PartialEq)]
    pub enum Finding {
        None,
        At(Place),
        Text(String),
        Score(f32),
    }
    impl rt::Lower for Finding {
        const SIZE: usize = 16;
        const ALIGN: usize = 4;
        const FLAT: usize = 1 + rt::max(rt::max(rt::max(0, <Place as rt::Lower>::FLAT), <String as rt::Lower>::FLAT), <f32 as rt::Lower>::FLAT);
        unsafe fn lower(&self, to: *mut u64, temps: &mut rt::Temps) {
            match self {
                Finding::None => *to = 0,
                Finding::At(value) => {
                    *to = 1;
                    rt::Lower::lower(value, to.add(1), temps);
                }
                Finding::Text(value) => {
                    *to = 2;
                    rt::Lower::lower(value, to.add(1), temps);
                }
                Finding::Score(value) => {
                    *to = 3;
                    rt::Lower::lower(value, to.add(1), temps);
                }
            }
        }
        unsafe fn store(&self, to: *mut u8, temps: &mut rt::Temps) {
            match self {
                Finding::None => *(to as *mut u8) = 0,
                Finding::At(value) => {
                    *(to as *mut u8) = 1;
                    rt::Lower::store(value, to.add(4), temps);
                }
                Finding::Text(value) => {
                    *(to as *mut u8) = 2;
                    rt::Lower::store(value, to.add(4), temps);
                }
                Finding::Score(value) => {
                    *(to as *mut u8) = 3;
                    rt::Lower::store(value, to.add(4), temps);
                }
            }
        }
    }
    impl rt::Lift for Finding {
        unsafe fn lift(from: *const u64) -> Self {
            match *from {
                0 => Finding::None,
                1 => Finding::At(rt::Lift::lift(from.add(1))),
                2 => Finding::Text(rt::Lift::lift(from.add(1))),
                _ => Finding::Score(rt::Lift::lift(from.add(1))),
            }
        }
        unsafe fn load(from: *const u8) -> Self {
            match *(from as *const u8) {
                0 => Finding::None,
                1 => Finding::At(rt::Lift::load(from.add(4))),
                2 => Finding::Text(rt::Lift::load(from.add(4))),
                _ => Finding::Score(rt::Lift::load(from.add(4))),
            }
        }
    }
}

pub mod log {
    use super::rt;
    use rt::{String, Vec};

    pub use super::types::Level;

    /// Writes a line.
    /// It ends with */ here.
    pub fn write(level: super::types::Level, text: &str) {
        #[cfg(target_arch = "wasm32")]
        #[link(wasm_import_module = "demo:plugin/log@0.2.0")]
        extern "C" {
            #[link_name = "write"]
            fn import_(_: i32, _: i32, _: i32);
        }
        #[cfg(not(target_arch = "wasm32"))]
        unsafe fn import_(_: i32, _: i32, _: i32) {
            unimplemented!("there is a host only in WebAssembly")
        }
        unsafe {
            let mut temps_ = rt::Temps::new();
            let mut flat_ = [0u64; 3];
            rt::Lower::lower(&level, flat_.as_mut_ptr(), &mut temps_);
            rt::Lower::lower(&text, flat_.as_mut_ptr().add(1), &mut temps_);
            import_(flat_[0] as i32, flat_[1] as i32, flat_[2] as i32);
        }
    }
}

pub trait Guest {
    /// Looks at a text.
    fn check(text: String, options: types::Options, default: Option<u32>) -> Result<Vec<types::Finding>, String>;
    fn places(all: Vec<types::Place>) -> (u32, f64);
}
static AREA_0: rt::Area<12> = rt::Area::new();
static KEPT_0: rt::Kept<Result<Vec<types::Finding>, String>> = rt::Kept::new();
#[doc(hidden)]
pub unsafe fn export_0<T: Guest>(p0_: i32, p1_: i32, p2_: i32, p3_: i32, p4_: i32) -> i32 {
    let flat_ = [(p0_ as u32 as u64), (p1_ as u32 as u64), (p2_ as u32 as u64), (p3_ as u32 as u64), (p4_ as u32 as u64)];
    let a0_ = <String as rt::Lift>::lift(flat_.as_ptr());
    let a1_ = <types::Options as rt::Lift>::lift(flat_.as_ptr().add(2));
    let a2_ = <Option<u32> as rt::Lift>::lift(flat_.as_ptr().add(3));
    let result_ = T::check(a0_, a1_, a2_);
    let mut temps_ = rt::Temps::new();
    rt::Lower::store(&result_, AREA_0.at(), &mut temps_);
    KEPT_0.set(result_, temps_);
    AREA_0.at() as usize as i32
}
#[doc(hidden)]
pub unsafe fn free_0(_: i32) {
    KEPT_0.free()
}
static AREA_1: rt::Area<16> = rt::Area::new();
#[doc(hidden)]
pub unsafe fn export_1<T: Guest>(p0_: i32, p1_: i32) -> i32 {
    let flat_ = [(p0_ as u32 as u64), (p1_ as u32 as u64)];
    let a0_ = <Vec<types::Place> as rt::Lift>::lift(flat_.as_ptr());
    let result_ = T::places(a0_);
    let mut temps_ = rt::Temps::new();
    rt::Lower::store(&result_, AREA_1.at(), &mut temps_);
    AREA_1.at() as usize as i32
}

/// Exports what a type implements: `bindings::component!(TheType);`.
macro_rules! component {
    ($component:ty) => {
        $crate::bindings::component!($component, in $crate::bindings);
    };
    ($component:ty, in $($bindings:tt)+) => {
        #[allow(dead_code)]
        const _: () = {
            #[cfg_attr(target_arch = "wasm32", export_name = "check")]
            unsafe extern "C" fn export_0(p0: i32, p1: i32, p2: i32, p3: i32, p4: i32) -> i32 {
                $($bindings)+::export_0::<$component>(p0, p1, p2, p3, p4)
            }
            #[cfg_attr(target_arch = "wasm32", export_name = "cabi_post_check")]
            unsafe extern "C" fn export_1(p0: i32) {
                $($bindings)+::free_0(p0)
            }
            #[cfg_attr(target_arch = "wasm32", export_name = "places")]
            unsafe extern "C" fn export_2(p0: i32, p1: i32) -> i32 {
                $($bindings)+::export_1::<$component>(p0, p1)
            }
        };
    };
}
pub(crate) use component;

/// The world, in the form in which modules carry it: `atoll component new` reads it.
#[cfg(target_arch = "wasm32")]
#[doc(hidden)]
#[link_section = "component-type:demo:plugin/plugin@0.2.0"]
pub static WORLD: [u8; 611] = *b"\
    \x00asm\x0d\x00\x01\x00\x00\x19\x16wit-component-encoding\x04\x00\x07\xb1\x03\x01A\x02\x01A\x14\x01B\x08\x01r\x02\x04liney\x04files\x04\x00\
    \x05place\x03\x00\x00\x01m\x03\x04info\x07warning\x05error\x04\x00\x05level\x03\x00\x02\x01n\x02\x04fast\x06strict\x04\x00\x07opti\
    ons\x03\x00\x04\x01q\x04\x04none\x00\x00\x02at\x01\x01\x00\x04text\x01s\x00\x05score\x01v\x00\x04\x00\x07finding\x03\x00\x06\x03\x00\x17demo:plug\
    in/types@0.2.0\x05\x00\x02\x03\x00\x00\x05level\x01B\x04\x02\x03\x02\x01\x01\x04\x00\x05level\x03\x00\x00\x01@\x02\x05level\x01\x04texts\x01\x00\x04\
    \x00\x05write\x01\x02\x03\x00\x15demo:plugin/log@0.2.0\x05\x02\x02\x03\x00\x00\x05place\x03\x00\x05place\x03\x00\x03\x02\x03\x00\x00\x07opt\
    ions\x03\x00\x07options\x03\x00\x05\x02\x03\x00\x00\x07finding\x03\x00\x07finding\x03\x00\x07\x01ky\x01p\x08\x01j\x01\x0a\x01s\x01@\x03\x04texts\x07\
    options\x06\x07default\x09\x00\x0b\x04\x00\x05check\x01\x0c\x01p\x04\x01o\x02yu\x01@\x01\x03all\x0d\x00\x0e\x04\x00\x06places\x01\x0f\x04\x00\x18dem\
    o:plugin/plugin@0.2.0\x04\x00\x0b\x0c\x01\x00\x06plugin\x03\x00\x00\x00|\x0aatoll-docs\x01{\"package\":\"r\
    oot:component\",\"worlds\":{\"root\":{\"func_exports\":{\"check\":{\"docs\"\
    :\"Looks\x20at\x20a\x20text.\"}},\"types\":{}}}}";

