//! The labels of the series that is coming in, as one text: they are checked, and mostly compared, before any of them is
//! kept. A text of its own for each name and value would take most of the time of an answer of many short series.

/// Names and values, in the order in which they came.
#[derive(Debug, Default)]
pub(super) struct Labels {
    text: String,
    /// The ends of each label's name and value in the text.
    ends: Vec<(usize, usize)>,
}

impl Labels {
    pub(super) fn push(&mut self, name: &str, value: &str) {
        self.text.push_str(name);
        let end_of_name = self.text.len();
        self.text.push_str(value);
        self.ends.push((end_of_name, self.text.len()));
    }

    /// Forgets them all. The room stays, for those of the next series.
    pub(super) fn clear(&mut self) {
        self.text.clear();
        self.ends.clear();
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        let mut begin = 0;
        self.ends.iter().map(move |&(end_of_name, end)| {
            let name = self.text.get(begin..end_of_name);
            let value = self.text.get(end_of_name..end);
            begin = end;
            (name.unwrap_or_default(), value.unwrap_or_default())
        })
    }

    /// Each as texts of its own.
    pub(super) fn to_pairs(&self) -> Vec<(String, String)> {
        let mut pairs = Vec::with_capacity(self.ends.len());
        for (name, value) in self.iter() {
            pairs.push((name.to_owned(), value.to_owned()));
        }
        pairs
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_come_out_as_they_went_in() {
        let mut labels = Labels::default();
        for all in [&[("a", "1"), ("é", ""), ("", "ü")][..], &[("b", "2")], &[]] {
            labels.clear();
            for (name, value) in all {
                labels.push(name, value);
            }
            assert_eq!(labels.iter().collect::<Vec<_>>(), all);
            assert_eq!(labels.to_pairs().len(), all.len());
        }
    }
}
