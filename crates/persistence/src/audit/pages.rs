//! Rows of which a page at a time is in memory.

use std::collections::VecDeque;

use crate::Error;

/// Rows in order, read a page at a time: what is behind a row is asked for once the row is the last one known.
pub(super) struct Pages<T, F> {
    behind: F,
    page: VecDeque<T>,
    last: Option<T>,
    is_over: bool,
}

impl<T: Clone, F: AsyncFnMut(Option<&T>) -> Result<Vec<T>, Error>> Pages<T, F> {
    pub(super) fn new(behind: F) -> Self {
        Self { behind, page: VecDeque::new(), last: None, is_over: false }
    }

    /// The next row.
    pub(super) async fn peek(&mut self) -> Result<Option<&T>, Error> {
        if self.page.is_empty() && !self.is_over {
            self.page = (self.behind)(self.last.as_ref()).await?.into();
            self.is_over = self.page.is_empty();
            self.last = self.page.back().cloned().or(self.last.take());
        }
        Ok(self.page.front())
    }

    /// Takes the next row, if it is of a kind.
    pub(super) async fn next_if(&mut self, is_wanted: impl FnOnce(&T) -> bool) -> Result<Option<T>, Error> {
        let wanted = self.peek().await?.is_some_and(is_wanted);
        Ok(if wanted { self.page.pop_front() } else { None })
    }
}
