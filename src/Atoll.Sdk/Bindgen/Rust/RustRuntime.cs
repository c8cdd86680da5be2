namespace Atoll.Sdk.Bindgen.Rust;

/// <summary>
/// What every generated Rust module brings: how values pass the canonical ABI, memory of calls, and an allocator for modules without the standard library.
/// </summary>
/// <remarks>
/// A flat value is kept as 64 bits whatever core type carries it: the smaller ones extended with zeros, floating point as its bits. That is how
/// <c>lower_flat_variant</c> joins the types of different cases, so variants need no conversions of their own.
/// </remarks>
internal static class RustRuntime
{
    public const string Text = """"
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

        """";
}
