//! "what's the difference?", "¿qué diferencia hay?" of the films that were named in a question back: who made each and is in
//! it. The question stays open. How it is asked is the kind `what_differs` in `data/patterns.tsv`.

use crate::films::titles::TitleMatch;
use crate::intent::{Intent, Question, Understood};
use crate::whole::says;
use crate::words::fold::Sentence;
use crate::words::{language, patterns};
use crate::{Setting, replies};

pub(crate) fn told(sentence: &Sentence, setting: Setting<'_>) -> Option<Understood> {
    let options = setting.context.options;
    let asks = || patterns::fitting(sentence).any(|fitting| fitting.kind.0 == "what_differs");
    if options.len() < 2 || !asks() {
        return None;
    }
    let lang = language::language(&sentence.text, sentence.tokens.iter()).unwrap_or(setting.lang);
    let told = options.iter().map(|option| match setting.index.find(&option.label) {
        TitleMatch::One(movie) => Some(replies::known_by(&option.label, setting.index.facts(movie), lang)),
        _ => None,
    });
    let about = told.collect::<Option<Vec<String>>>()?.join(" ");
    let question = Question::WhatDiffers;
    Some(says(sentence, Intent::Clarify { question, about, film: None, options: options.to_vec() }))
}
