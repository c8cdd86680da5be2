namespace Atoll.Sdk.Bindgen.Rust;

/// <summary>The part of the runtime for lists, options, results and resources.</summary>
internal static class RustRuntimeValues
{
    public const string Text = """"
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

        """";
}
