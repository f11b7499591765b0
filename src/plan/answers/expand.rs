//! Entries with answers, as kernels by hand: one entry's command line is then no other's.

use std::borrow::Cow;

use super::pass;
use crate::facts::Facts;
use crate::image::recipe::{KernelEntry, Recipe};
use crate::plan::entry;
use crate::resolve::{AnswersTarget, KernelTarget, Menu, MenuItem, ResolvedSpec, Target};
use crate::source::{Span, Spanned};

/// The spec with the words for its answers.
///
/// An entry that boots an ISO by its recipe becomes its kernel, and where the ISO has several, a menu of them. The menu that
/// the ISO brings cannot be shown: it has the same text for every entry.
pub(in crate::plan) fn expand<'a>(spec: &'a ResolvedSpec, facts: &Facts) -> Cow<'a, ResolvedSpec> {
    if spec.answers.is_empty() {
        return Cow::Borrowed(spec);
    }
    let mut expanded = spec.clone();
    let mut added = Vec::new();
    for menu in &mut expanded.menus {
        for item in &mut menu.items {
            let MenuItem::Entry { name, title, answers: Some(named), target, .. } = item else { continue };
            let Some(source) = spec.answers.iter().find(|source| source.name == named.value) else { continue };
            let answers = AnswersTarget { name: source.name.clone(), format: source.format };
            match target {
                Target::Kernel(KernelTarget { iso, arguments, .. }) => {
                    let recipe = facts.images.get(iso).and_then(|image| image.recipe.as_ref());
                    tell(arguments, &answers, recipe, true);
                }
                Target::Files(files) => tell(&mut files.arguments, &answers, None, true),
                Target::Iso(iso) => {
                    let Some(recipe) = facts.images.get(iso).and_then(|image| image.recipe.as_ref()) else { continue };
                    let kernels = kernels(spec, iso, recipe, &answers);
                    let shown = title.clone().unwrap_or_else(|| recipe.title().to_owned());
                    title.get_or_insert_with(|| shown.clone());
                    match <[_; 1]>::try_from(kernels) {
                        Ok([(_, only)]) => *target = Target::Kernel(only),
                        Err(kernels) => {
                            // No name of a spec has a plus sign.
                            let of_entry = format!("{}+{name}", menu.name);
                            added.push(menu_of(&of_entry, shown, kernels));
                            *target = Target::Menu(of_entry);
                        }
                    }
                }
                _ => {}
            }
        }
    }
    expanded.menus.extend(added);
    Cow::Owned(expanded)
}

/// Adds the usual words, unless the spec says it in words of its own.
fn tell(arguments: &mut Vec<String>, answers: &AnswersTarget, recipe: Option<&Recipe>, by_hand: bool) {
    if !arguments.iter().any(|word| word.contains(pass::MARK)) {
        let words = pass::usual(answers.format, recipe, by_hand);
        arguments.extend(words.iter().map(|word| (*word).to_owned()));
    }
}

/// The kernels of an ISO, as its recipe starts them, with their titles.
fn kernels(spec: &ResolvedSpec, iso: &str, recipe: &Recipe, answers: &AnswersTarget) -> Vec<(String, KernelTarget)> {
    let own: &[String] = spec.isos.iter().find(|source| source.name == iso).map_or(&[], |source| &source.arguments);
    let nowhere = Span::default();
    let (from, wants_address) = entry::root_image_words(recipe, "{iso}");
    let kernel = |kernel: &KernelEntry| {
        let mut arguments: Vec<String> = kernel.arguments.iter().chain(&from).chain(own).cloned().collect();
        tell(&mut arguments, answers, Some(recipe), false);
        let target = KernelTarget {
            iso: iso.to_owned(),
            kernel: Spanned::new(kernel.kernel.clone(), nowhere),
            initrds: kernel.initrds.iter().map(|path| Spanned::new(path.clone(), nowhere)).collect(),
            arguments,
            answers: Some(answers.clone()),
            wants_address,
        };
        (kernel.title.clone(), target)
    };
    recipe.entries().iter().map(kernel).collect()
}

fn menu_of(name: &str, title: String, kernels: Vec<(String, KernelTarget)>) -> Menu {
    let entry = |(at, (title, kernel)): (usize, (String, KernelTarget))| MenuItem::Entry {
        name: format!("kernel{at}"),
        title: Some(title),
        target: Target::Kernel(kernel),
        answers: None,
        is_default: at == 0,
    };
    Menu {
        name: name.to_owned(),
        title,
        timeout: None,
        items: kernels.into_iter().enumerate().map(entry).collect(),
        span: Span::default(),
    }
}
