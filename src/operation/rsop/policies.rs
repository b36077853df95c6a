//! What GPOs set, read for planning: `GPT.INI`, files and objects of each, many in flight.
//!
//! Planning never fails for one broken GPO: what cannot be read is kept as such, and the plan says what comes of it. Read once, a GPO is
//! taken from a [`PolicyCache`] until one of its versions or its list of extensions changes; then only its `GPT.INI` is read.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use futures::{StreamExt, stream};

use crate::extension::{FileContent, GptFile, HalfContents};
use crate::format::GptIni;
use crate::gpm::{Cancelled, ForestSnapshot, Gpo, MessageId, Som, StatusMessage, Task};
use crate::ident::{Dn, DnsName, ExtensionList, GpoVersion};
use crate::operation::report::{Common, HalfFiles, gpo_files};
use crate::report::{PartProblem, Side};
use crate::rsop::{Assumptions, GpoPolicy, HalfPolicy, Policies, Subject, Target, TemplateState};
use crate::store::{ForestStore, StoreError, StoreErrorKind, Sysvol};

/// The GPOs that are wanted.
#[derive(Clone, Copy, Debug)]
pub enum WhichGpos<'a> {
    /// All of the forest.
    All,
    /// Those linked where this target lies or is imagined, computer's and user's places and the site together.
    OfTarget(&'a Target, &'a Assumptions),
    /// These, by the DN of their container.
    These(&'a HashSet<Dn>),
}

/// What was read of GPOs, to be used again. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct PolicyCache {
    read: Arc<Mutex<HashMap<Dn, Cached>>>,
}

#[derive(Clone, Debug)]
struct Cached {
    state: State,
    policy: Arc<GpoPolicy>,
}

/// What a GPO looked like when it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
struct State {
    directory: GpoVersion,
    template: TemplateState,
    computer_extensions: ExtensionList,
    user_extensions: ExtensionList,
}

/// GPOs whose files are read at the same time.
const IN_FLIGHT: usize = 8;
/// `GPT.INI` of GPOs that are read at the same time.
const TEMPLATES_IN_FLIGHT: usize = 16;

/// Reads what these GPOs set. Nothing that is wrong with a GPO or a domain makes it fail: it is kept as the state of the template or
/// file, and told as a warning.
///
/// # Errors
/// Fails only where it was cancelled.
pub async fn load_policies(
    store: &Arc<dyn ForestStore>,
    forest: &ForestSnapshot,
    which: WhichGpos<'_>,
    cache: &PolicyCache,
    task: &Task,
) -> Result<Policies, Cancelled> {
    task.activity("Reading what the GPOs set");
    let gpos = wanted(forest, which);
    let (mut found, mut missed) = (Vec::new(), Vec::new());
    for (gpo, template) in templates(store, &gpos, task).await? {
        let state = State::of(gpo, template);
        match cache.get(&gpo.dn, &state) {
            Some(policy) => found.push((gpo.dn.clone(), policy)),
            None => missed.push((gpo, state)),
        }
    }
    let total = gpos.len() as u64;
    task.progress(found.len() as u64, total);
    let unread: Vec<&Gpo> = missed.iter().map(|(gpo, _)| *gpo).collect();
    let common = Common::read(store, forest, &unread, task).await?;
    // Collected, so that the future is `Send` for any lifetime of what it borrows.
    let reads: Vec<_> = missed.into_iter().map(|(gpo, state)| read_policy(&common, gpo, state, task)).collect();
    let mut reads = stream::iter(reads).buffer_unordered(IN_FLIGHT);
    while let Some(read) = reads.next().await {
        let (gpo, state, policy) = read?;
        let policy = Arc::new(policy);
        cache.put(gpo, state, &policy);
        found.push((gpo.dn.clone(), policy));
        task.progress(found.len() as u64, total);
    }
    Ok(Policies::of_shared(found))
}

/// Returns the GPOs that are wanted, each once.
fn wanted<'f>(forest: &'f ForestSnapshot, which: WhichGpos<'_>) -> Vec<&'f Gpo> {
    match which {
        WhichGpos::All => forest.domains.iter().flat_map(|domain| &domain.gpos).collect(),
        WhichGpos::These(dns) => {
            let all = forest.domains.iter().flat_map(|domain| &domain.gpos);
            all.filter(|gpo| dns.contains(&gpo.dn)).collect()
        }
        WhichGpos::OfTarget(target, assumptions) => {
            let mut seen = HashSet::new();
            let links = soms_of(forest, target, assumptions).into_iter().flat_map(|som| &som.links);
            let gpos = links.filter_map(|link| forest.gpo_by_dn(link.gpo_dn.as_ref()?));
            gpos.filter(|gpo| seen.insert(&gpo.dn)).collect()
        }
    }
}

/// Returns the sites, domains and OUs whose links may reach a target.
fn soms_of<'f>(forest: &'f ForestSnapshot, target: &Target, assumptions: &Assumptions) -> Vec<&'f Som> {
    let place = |own: Option<&Subject>, assumed: &Option<Dn>| {
        assumed.clone().or_else(|| own.map(|subject| subject.place().clone()))
    };
    let places = [
        place(target.user.as_ref(), &assumptions.user_place),
        place(target.computer.as_ref(), &assumptions.computer_place),
    ];
    let mut soms: Vec<&Som> = assumptions.site.as_deref().and_then(|site| forest.site(site)).into_iter().collect();
    for place in places.into_iter().flatten() {
        let above = std::iter::successors(Some(place), Dn::parent);
        soms.extend(above.filter_map(|dn| forest.som(&dn)));
    }
    soms
}

/// Reads the `GPT.INI` of each GPO.
async fn templates<'f>(
    store: &Arc<dyn ForestStore>,
    gpos: &[&'f Gpo],
    task: &Task,
) -> Result<Vec<(&'f Gpo, TemplateState)>, Cancelled> {
    let mut sysvols: HashMap<&DnsName, Result<Arc<dyn Sysvol>, StoreError>> = HashMap::new();
    for gpo in gpos {
        if !sysvols.contains_key(&gpo.domain) {
            let opened = task.or_cancel(store.sysvol(&gpo.domain)).await?;
            if let Err(error) = &opened {
                task.message(warning(MessageId::SysvolUnreachable, gpo.domain.as_str(), &error.to_string()));
            }
            sysvols.insert(&gpo.domain, opened);
        }
    }
    let reads: Vec<_> = gpos
        .iter()
        .filter_map(|&gpo| {
            let sysvol = sysvols.get(&gpo.domain)?;
            Some(async move {
                let template = match sysvol {
                    Ok(sysvol) => read_template(&**sysvol, gpo).await,
                    Err(error) => TemplateState::Unreadable(error.to_string()),
                };
                (gpo, template)
            })
        })
        .collect();
    task.or_cancel(stream::iter(reads).buffered(TEMPLATES_IN_FLIGHT).collect()).await
}

async fn read_template(sysvol: &dyn Sysvol, gpo: &Gpo) -> TemplateState {
    let path = match gpo.sysvol_folder().join("GPT.INI") {
        Ok(path) => path,
        Err(error) => return TemplateState::Unreadable(error.reason.to_owned()),
    };
    match sysvol.read(&path).await {
        Ok(bytes) => GptIni::parse(&bytes).version().map_or(TemplateState::NoVersion, TemplateState::Version),
        Err(error) if error.kind == StoreErrorKind::NotFound => TemplateState::Missing,
        Err(error) => TemplateState::Unreadable(error.to_string()),
    }
}

async fn read_policy<'f>(
    common: &Common<'_>,
    gpo: &'f Gpo,
    state: State,
    task: &Task,
) -> Result<(&'f Gpo, State, GpoPolicy), Cancelled> {
    let about = |problem: &PartProblem| warning(MessageId::FileReadFailed, &problem.file, &problem.message);
    let mut read = Ok(Default::default());
    // Where the template is away, so are the files.
    if let (Ok(domain), false) = (common.domain(&gpo.domain), matches!(state.template, TemplateState::Unreadable(_))) {
        read = gpo_files(domain, gpo, task).await?;
    }
    let unlisted = match &read {
        Err(error) if error.kind != StoreErrorKind::NotFound => Some(error.to_string()),
        _ => None,
    };
    let mut files: HalfFiles = read.unwrap_or_default();
    for problem in &files.problems {
        task.message(about(problem));
    }
    if let Some(reason) = unlisted {
        let folder = gpo.sysvol_folder().to_string();
        task.message(warning(MessageId::FileReadFailed, &folder, &reason));
        for files in [&mut files.computer, &mut files.user] {
            files.extend(SETTINGS_FILES.map(|path| failed(path, &reason)));
        }
    }
    let objects = match common.objects(gpo) {
        Ok(objects) => objects,
        Err(error) => {
            if error.kind != StoreErrorKind::NotFound {
                task.message(warning(MessageId::DirectoryFailed, gpo.dn.as_str(), &error.to_string()));
            }
            Default::default()
        }
    };
    let half = |side, registered: &ExtensionList, files, objects| {
        HalfPolicy::new(side, HalfContents::new(registered.clone(), files, objects))
    };
    let policy = GpoPolicy {
        template: state.template.clone(),
        computer: half(Side::Computer, &gpo.computer_extensions, files.computer, objects.computer),
        user: half(Side::User, &gpo.user_extensions, files.user, objects.user),
    };
    Ok((gpo, state, policy))
}

/// The files that extensions look for by name. In a folder that cannot be listed, each of them may be there.
const SETTINGS_FILES: [&str; 2] = ["Registry.pol", "Microsoft/Windows NT/SecEdit/GptTmpl.inf"];

fn failed(path: &str, reason: &str) -> GptFile {
    GptFile { path: path.to_owned(), size_bytes: 0, content: FileContent::Failed(reason.to_owned()) }
}

fn warning(id: MessageId, object: &str, reason: &str) -> StatusMessage {
    StatusMessage::warning(id, format!("{object} cannot be read: {reason}")).about(object)
}

impl State {
    fn of(gpo: &Gpo, template: TemplateState) -> Self {
        State {
            directory: gpo.version,
            template,
            computer_extensions: gpo.computer_extensions.clone(),
            user_extensions: gpo.user_extensions.clone(),
        }
    }
}

impl PolicyCache {
    fn get(&self, gpo: &Dn, state: &State) -> Option<Arc<GpoPolicy>> {
        let read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        read.get(gpo).filter(|cached| cached.state == *state).map(|cached| cached.policy.clone())
    }

    /// Keeps what was read whole; what could not be read is read again the next time.
    fn put(&self, gpo: &Gpo, state: State, policy: &Arc<GpoPolicy>) {
        let is_whole =
            |half: &HalfPolicy| !half.contents.files.iter().any(|file| matches!(file.content, FileContent::Failed(_)));
        if matches!(state.template, TemplateState::Version(_)) && is_whole(&policy.computer) && is_whole(&policy.user) {
            let cached = Cached { state, policy: policy.clone() };
            self.read.lock().unwrap_or_else(PoisonError::into_inner).insert(gpo.dn.clone(), cached);
        }
    }
}
