//! The instructions of a Dockerfile, as far as detectors ask for them.

/// One instruction with its continuation lines joined.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instruction {
    /// Upper-case keyword.
    pub keyword: String,
    /// Everything behind it.
    pub text: String,
    /// 1-based line of the keyword.
    pub line: u32,
}

/// The last stage: what the image is made from and what is done in it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Image {
    /// Name of the base image; that of the other stage's base where a stage builds on a stage.
    pub from: Option<String>,
    /// Instructions in order.
    pub instructions: Vec<Instruction>,
}

impl Image {
    /// All instructions of a kind.
    pub fn of(&self, keyword: &str) -> impl DoubleEndedIterator<Item = &Instruction> {
        self.instructions
            .iter()
            .filter(move |i| i.keyword == keyword)
    }
}

/// Reads the last stage; stages that it builds on are read into it.
pub fn last_stage(text: &str) -> Image {
    let mut stages: Vec<(Option<String>, Image)> = Vec::new();
    for instruction in instructions(text) {
        if instruction.keyword == "FROM" {
            let mut words = instruction
                .text
                .split_whitespace()
                .filter(|w| !w.starts_with("--"));
            let base = words.next().unwrap_or_default().to_owned();
            let name = words.nth(1).map(str::to_lowercase);
            let image = match stages
                .iter()
                .find(|(n, _)| n.as_deref() == Some(&base.to_lowercase()))
            {
                Some((_, earlier)) => earlier.clone(),
                None => Image {
                    from: Some(base),
                    instructions: Vec::new(),
                },
            };
            stages.push((name, image));
        } else if let Some((_, image)) = stages.last_mut() {
            image.instructions.push(instruction);
        }
    }
    stages.pop().map(|(_, image)| image).unwrap_or_default()
}

fn instructions(text: &str) -> Vec<Instruction> {
    let mut out = Vec::new();
    let mut open: Option<(u32, String)> = None;
    for (index, line) in text.lines().enumerate() {
        let number = u32::try_from(index + 1).unwrap_or(u32::MAX);
        let trimmed = line.trim();
        if trimmed.starts_with('#') || (trimmed.is_empty() && open.is_none()) {
            continue;
        }
        let (piece, more) = match trimmed.strip_suffix('\\') {
            Some(piece) => (piece.trim_end(), true),
            None => (trimmed, false),
        };
        let (first, mut joined) = open.take().unwrap_or((number, String::new()));
        if !joined.is_empty() {
            joined.push(' ');
        }
        joined.push_str(piece);
        if more {
            open = Some((first, joined));
        } else if let Some((keyword, rest)) = joined.split_once(char::is_whitespace) {
            out.push(Instruction {
                keyword: keyword.to_ascii_uppercase(),
                text: rest.trim().to_owned(),
                line: first,
            });
        }
    }
    out
}

/// The words of an exec-form command, `["a", "b"]`; `None` for the shell form.
pub fn exec_form(text: &str) -> Option<Vec<String>> {
    if !text.starts_with('[') {
        return None;
    }
    serde_json::from_str(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_stage_and_its_base() {
        let image = last_stage(
            "FROM python:3.12 AS build\nRUN a\n\
             FROM build as final\n# note\nRUN apt-get install \\\n  curl\nCMD [\"x\", \"$PORT\"]\n",
        );
        assert_eq!(image.from.as_deref(), Some("python:3.12"));
        let run: Vec<_> = image.of("RUN").map(|i| (i.text.as_str(), i.line)).collect();
        assert_eq!(run, [("a", 2), ("apt-get install curl", 5)]);
        let command = image.of("CMD").last().unwrap();
        assert_eq!(exec_form(&command.text).unwrap(), ["x", "$PORT"]);
        assert_eq!(exec_form("uvicorn a:b"), None);
    }
}
