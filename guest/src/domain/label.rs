//! The labels that agents put on a series, under either schema. The only place that spells their names.

use super::metric::ValueType;

/// The names under which agents export the owner of a series.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum LabelSchema {
    /// `owner_user_id`, `owner_project_id`, value type `usage`.
    #[default]
    Documented,
    /// `user_id`, `project_id`, value type `current`: what today's agents write.
    Agent,
}

impl LabelSchema {
    /// The value type that the series really carry: under `Agent`, `usage` is written `current`.
    pub fn stored(self, value_type: ValueType) -> ValueType {
        match (self, value_type) {
            (Self::Agent, ValueType::Usage) => ValueType::Current,
            _ => value_type,
        }
    }

    /// The label that holds a dimension.
    pub fn label(self, dimension: Dimension) -> &'static str {
        match (dimension, self) {
            (Dimension::AgentId, _) => "agent_id",
            (Dimension::KernelId, _) => "kernel_id",
            (Dimension::SessionId, _) => "session_id",
            (Dimension::UserId, Self::Documented) => "owner_user_id",
            (Dimension::UserId, Self::Agent) => "user_id",
            (Dimension::ProjectId, Self::Documented) => "owner_project_id",
            (Dimension::ProjectId, Self::Agent) => "project_id",
            (Dimension::MetricName, _) => "container_metric_name",
            (Dimension::ValueType, _) => "value_type",
        }
    }
}

/// The dimensions that series can be grouped by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Dimension {
    /// The agent that a kernel runs on.
    AgentId,
    /// The kernel.
    KernelId,
    /// The session.
    SessionId,
    /// The owning user.
    UserId,
    /// The owning project.
    ProjectId,
    /// The metric's name.
    MetricName,
    /// The value type.
    ValueType,
}

/// The optional filters of a query. Of an identifier's values a series has any; empty: it may have any at all.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct LabelFilter {
    /// The value type; none: every one.
    pub value_type: Option<ValueType>,
    /// Agents.
    pub agent_id: Vec<String>,
    /// Kernels.
    pub kernel_id: Vec<String>,
    /// Sessions.
    pub session_id: Vec<String>,
    /// Owning users.
    pub user_id: Vec<String>,
    /// Owning projects.
    pub project_id: Vec<String>,
}

impl LabelFilter {
    /// The identifiers that are filtered on, in the order in which they stand in a selector.
    pub fn identifiers(&self) -> impl Iterator<Item = (Dimension, &[String])> {
        [
            (Dimension::KernelId, &self.kernel_id),
            (Dimension::SessionId, &self.session_id),
            (Dimension::AgentId, &self.agent_id),
            (Dimension::UserId, &self.user_id),
            (Dimension::ProjectId, &self.project_id),
        ]
        .into_iter()
        .map(|(dimension, values)| (dimension, values.as_slice()))
        .filter(|(_, values)| !values.is_empty())
    }

    /// The values of an identifier; none: the dimension is no identifier.
    pub fn values_mut(&mut self, dimension: Dimension) -> Option<&mut Vec<String>> {
        match dimension {
            Dimension::KernelId => Some(&mut self.kernel_id),
            Dimension::SessionId => Some(&mut self.session_id),
            Dimension::AgentId => Some(&mut self.agent_id),
            Dimension::UserId => Some(&mut self.user_id),
            Dimension::ProjectId => Some(&mut self.project_id),
            Dimension::MetricName | Dimension::ValueType => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_agent_schema_writes_usage_as_current() {
        assert_eq!(
            LabelSchema::Agent.stored(ValueType::Usage),
            ValueType::Current
        );
        assert_eq!(
            LabelSchema::Documented.stored(ValueType::Usage),
            ValueType::Usage
        );
        assert_eq!(
            LabelSchema::Agent.stored(ValueType::Capacity),
            ValueType::Capacity
        );
    }

    #[test]
    fn identifiers_come_in_selector_order_and_unset_ones_are_left_out() {
        let filter = LabelFilter {
            project_id: vec!["p".into()],
            agent_id: vec!["a".into(), "b".into()],
            kernel_id: vec!["k".into()],
            ..LabelFilter::default()
        };
        let found: Vec<_> = filter
            .identifiers()
            .map(|(dimension, values)| (dimension, values.join(" ")))
            .collect();
        assert_eq!(
            found,
            [
                (Dimension::KernelId, "k".to_owned()),
                (Dimension::AgentId, "a b".to_owned()),
                (Dimension::ProjectId, "p".to_owned())
            ]
        );
    }
}
