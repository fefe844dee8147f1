//! Page tokens: where a list goes on, bound to the list by a proof, so that a token made for another list, or by
//! somebody else, is told from one of ours.

use relevo_domain::Keyring;

use crate::Error;

const PURPOSE: &str = "page token";
const PROOF: usize = 32;
const LONGEST: usize = 2048;

/// The token that goes on behind a place in a list.
fn write(keyring: &Keyring, list: &[u8], place: &str) -> String {
    let proof = keyring.proof(PURPOSE, &[list, place.as_bytes()]);
    hex::encode([&proof, place.as_bytes()].concat())
}

/// The place that a token goes on behind; `None` for the beginning.
pub(super) fn read<T>(
    keyring: &Keyring,
    list: &[u8],
    token: &str,
    parse: impl FnOnce(&str) -> Option<T>,
) -> Result<Option<T>, Error> {
    if token.is_empty() {
        return Ok(None);
    }
    // The bound before the copy: no token of ours is longer.
    let bytes = (token.len() <= LONGEST).then(|| hex::decode(token).ok()).flatten();
    let place = bytes
        .and_then(|bytes| {
            let (proof, place) = bytes.split_at_checked(PROOF)?;
            let proved = keyring.proves(PURPOSE, &[list, place], proof);
            proved.then(|| String::from_utf8(place.to_vec()).ok()).flatten()
        })
        .and_then(|place| parse(&place));
    place.map(Some).ok_or(Error::PageTokenInvalid)
}

/// A page of what was read with one more than it holds, and the token of the next page if there is one.
pub(super) fn page<T>(
    keyring: &Keyring,
    list: &[u8],
    mut items: Vec<T>,
    page_size: u64,
    place: impl Fn(&T) -> String,
) -> (Vec<T>, String) {
    let size = usize::try_from(page_size).unwrap_or(usize::MAX);
    let goes_on = items.len() > size;
    items.truncate(size);
    let next = items.last().filter(|_| goes_on).map(|last| write(keyring, list, &place(last)));
    (items, next.unwrap_or_default())
}
