//! SHA-256 (FIPS 180-4) and HMAC with it (RFC 2104).

const BLOCK: usize = 64;

pub type Digest = [u8; 32];

/// The first 32 bits of the fractions of the roots of the first primes: cube roots for the rounds, square roots for the beginning (sections 4.2.2 and 5.3.3).
const ROUNDS: [u32; 64] = roots(3);
const START: [u32; 64] = roots(2);

const fn roots(degree: u32) -> [u32; 64] {
    let mut roots = [0; 64];
    let (mut found, mut candidate) = (0, 2u128);
    while found < 64 {
        if is_prime(candidate) {
            roots[found] = fraction(candidate, degree);
            found += 1;
        }
        candidate += 1;
    }
    roots
}

const fn is_prime(number: u128) -> bool {
    let mut divisor = 2;
    while divisor * divisor <= number {
        if number % divisor == 0 {
            return false;
        }
        divisor += 1;
    }
    true
}

/// The largest whole root of number · 2^(32·degree), bit by bit, without what stands before the point.
const fn fraction(number: u128, degree: u32) -> u32 {
    let target = number << (32 * degree);
    let (mut root, mut bit) = (0u128, 1u128 << 37);
    while bit > 0 {
        let tried = root | bit;
        let power = if degree == 2 { tried * tried } else { tried * tried * tried };
        if power <= target {
            root = tried;
        }
        bit >>= 1;
    }
    root as u32
}

pub struct Sha256 {
    state: [u32; 8],
    block: [u8; BLOCK],
    filled: usize,
    length: u64,
}

impl Sha256 {
    pub fn new() -> Self {
        let mut state = [0; 8];
        state.copy_from_slice(&START[..8]);
        Sha256 { state, block: [0; BLOCK], filled: 0, length: 0 }
    }

    pub fn update(mut self, mut data: &[u8]) -> Self {
        self.length += data.len() as u64;
        while !data.is_empty() {
            let taken = data.len().min(BLOCK - self.filled);
            self.block[self.filled..self.filled + taken].copy_from_slice(&data[..taken]);
            self.filled += taken;
            data = &data[taken..];
            if self.filled == BLOCK {
                self.compress();
                self.filled = 0;
            }
        }
        self
    }

    pub fn finish(self) -> Digest {
        // Section 5.1.1: a bit 1, zeros, and the length in bits at the end of a block.
        let bits = self.length * 8;
        let zeros = (BLOCK + 55 - self.filled) % BLOCK;
        let mut tail = [0; 2 * BLOCK];
        tail[0] = 0x80;
        tail[1 + zeros..9 + zeros].copy_from_slice(&bits.to_be_bytes());
        let done = self.update(&tail[..9 + zeros]);
        let mut digest = [0; 32];
        for (bytes, word) in digest.chunks_mut(4).zip(done.state) {
            bytes.copy_from_slice(&word.to_be_bytes());
        }
        digest
    }

    /// Section 6.2.2.
    fn compress(&mut self) {
        let mut w = [0u32; 64];
        for (word, bytes) in w.iter_mut().zip(self.block.chunks(4)) {
            *word = u32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
        }
        for t in 16..64 {
            let s0 = w[t - 15].rotate_right(7) ^ w[t - 15].rotate_right(18) ^ (w[t - 15] >> 3);
            let s1 = w[t - 2].rotate_right(17) ^ w[t - 2].rotate_right(19) ^ (w[t - 2] >> 10);
            w[t] = w[t - 16].wrapping_add(s0).wrapping_add(w[t - 7]).wrapping_add(s1);
        }
        let [mut a, mut b, mut c, mut d, mut e, mut f, mut g, mut h] = self.state;
        for t in 0..64 {
            let s1 = e.rotate_right(6) ^ e.rotate_right(11) ^ e.rotate_right(25);
            let choice = (e & f) ^ (!e & g);
            let t1 = h.wrapping_add(s1).wrapping_add(choice).wrapping_add(ROUNDS[t]).wrapping_add(w[t]);
            let s0 = a.rotate_right(2) ^ a.rotate_right(13) ^ a.rotate_right(22);
            let t2 = s0.wrapping_add((a & b) ^ (a & c) ^ (b & c));
            (h, g, f, e, d, c, b, a) = (g, f, e, d.wrapping_add(t1), c, b, a, t1.wrapping_add(t2));
        }
        for (word, new) in self.state.iter_mut().zip([a, b, c, d, e, f, g, h]) {
            *word = word.wrapping_add(new);
        }
    }
}

pub fn hmac(key: &[u8], data: &[u8]) -> Digest {
    let mut padded = [0; BLOCK];
    if key.len() > BLOCK {
        padded[..32].copy_from_slice(&Sha256::new().update(key).finish());
    } else {
        padded[..key.len()].copy_from_slice(key);
    }
    let inner = Sha256::new().update(&padded.map(|byte| byte ^ 0x36)).update(data).finish();
    Sha256::new().update(&padded.map(|byte| byte ^ 0x5c)).update(&inner).finish()
}
