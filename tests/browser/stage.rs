//! The moment from which most of what happens on the page begins.

use relevo_tests::{
    Engine, Letter, Person, TestServer,
    v1::{ContactChange, Contacts},
};

use crate::chromium::Chromium;

/// Ann administers example.com, and has named Nora technical contact in Tom's place. Nobody has answered.
pub(crate) struct Stage {
    pub(crate) server: TestServer,
    pub(crate) ann: Person,
    pub(crate) nora: Person,
    pub(crate) change: ContactChange,
    /// The mail that asks Ann.
    pub(crate) anns: Letter,
    /// The mail that asks Nora.
    pub(crate) noras: Letter,
}

impl Stage {
    /// As it is by default.
    pub(crate) async fn set() -> Self {
        Self::with("", "en").await
    }

    /// With settings over the defaults, and a language that Nora is written to in.
    pub(crate) async fn with(settings: &str, language_of_nora: &str) -> Self {
        let server = TestServer::start_with(Engine::Sqlite, settings).await;
        server.leaves_mails_unread();
        let [ann, tom] = server.people(["Ann", "Tom"]).await;
        let nora = server.person_speaking("Nora", language_of_nora).await;
        let contacts = Contacts { technical: tom.account_id, ..Default::default() };
        ann.orders_with("example.com", contacts).await;
        let change = ann.names(&nora).technical("example.com").await.unwrap();
        let (anns, noras) = (ann.reads_one("confirm").await, nora.reads_one("confirm").await);
        Self { server, ann, nora, change, anns, noras }
    }

    /// A browser in which nobody has been anywhere yet.
    pub(crate) async fn browser(&self) -> Chromium {
        Chromium::opens(&self.server).await
    }

    /// A browser in which somebody has followed the link of a mail.
    pub(crate) async fn browser_at(&self, letter: &Letter) -> Chromium {
        let browser = self.browser().await;
        browser.follows(letter).await;
        browser
    }

    /// Ann has accepted.
    pub(crate) async fn ann_accepts(&self) {
        self.ann.accepts(&self.change, &self.anns.token()).await.unwrap();
    }

    /// Nora has accepted.
    pub(crate) async fn nora_accepts(&self) {
        self.nora.accepts(&self.change, &self.noras.token()).await.unwrap();
    }
}
