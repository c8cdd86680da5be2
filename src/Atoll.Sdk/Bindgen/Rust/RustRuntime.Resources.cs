namespace Atoll.Sdk.Bindgen.Rust;

/// <summary>The part of the runtime for resources, and what ends it.</summary>
internal static class RustRuntimeResources
{
    public const string Text = """"
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
        """";
}
