//! What a file's content is called in its address: two versions need another name. Also a part of `build.rs`, which names the files that are
//! built in.

/// 16 hexadecimal digits: FNV-1a, 64 bit. Nobody must find a second content of the same name, for all of them are ours.
pub(super) fn of(content: &[u8]) -> String {
    let hash = content.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3));
    format!("{hash:016x}")
}
