//! The fields of objects that show a column as it is stored.

use std::borrow::Cow;

use async_graphql::{
    ContainerType, Context, ContextSelectionSet, Name, OutputType, Positioned, ScalarType as _,
    ServerResult, Value,
    indexmap::IndexMap,
    parser::types::Field,
    registry::{MetaType, MetaTypeId, Registry},
    resolver_utils::resolve_container_serial,
};

use super::{
    declared::{nullable, plain_field},
    words::word,
};
use crate::{
    domain::{column::Shape, money::Money, scalar::Scalar},
    graphql::{
        context::ContextExt as _,
        scalars::{Date, DateTime, Decimal},
    },
    store::{Column, Record, Stored},
};

/// An object flattens these fields into its own.
impl<R: Stored> OutputType for Record<R> {
    fn type_name() -> Cow<'static, str> {
        format!("{}Columns", R::table().type_name()).into()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        registry.create_output_type::<Self, _>(MetaTypeId::Object, |registry| {
            let mut fields = IndexMap::new();
            for column in R::table().columns() {
                let Some(api) = column.api.filter(|api| api.shown) else {
                    continue;
                };
                let field = plain_field(api.name, api.description, ty(registry, column));
                fields.insert(api.name.to_owned(), field);
            }
            MetaType::Object {
                name: <Self as OutputType>::type_name().into_owned(),
                description: None,
                fields,
                cache_control: async_graphql::CacheControl::default(),
                extends: false,
                shareable: false,
                resolvable: true,
                inaccessible: false,
                interface_object: false,
                tags: Vec::new(),
                keys: None,
                visible: None,
                is_subscription: false,
                rust_typename: Some(std::any::type_name::<Self>()),
                directive_invocations: Vec::new(),
                requires_scopes: Vec::new(),
            }
        })
    }

    async fn resolve(
        &self,
        ctx: &ContextSelectionSet<'_>,
        _field: &Positioned<Field>,
    ) -> ServerResult<Value> {
        resolve_container_serial(ctx, self).await
    }
}

impl<R: Stored> ContainerType for Record<R> {
    async fn resolve_field(&self, ctx: &Context<'_>) -> ServerResult<Option<Value>> {
        let name = ctx.item.node.name.node.as_str();
        let Some((place, column)) = R::table().shown(name) else {
            return Ok(None);
        };
        let value = ctx
            .request()
            .and_then(|request| Ok(self.any().shown(place, &request.viewer)?));
        match value {
            Ok(value) => Ok(Some(written(column, value))),
            Err(error) => {
                let error = async_graphql::Error::from(error);
                Err(ctx.set_error_path(error.into_server_error(ctx.item.pos)))
            }
        }
    }
}

fn ty(registry: &mut Registry, column: &Column) -> String {
    let ty = match column.shape {
        Shape::Int => <i64 as OutputType>::create_type_info(registry),
        Shape::Fraction => <f64 as OutputType>::create_type_info(registry),
        Shape::Money => <Decimal as OutputType>::create_type_info(registry),
        Shape::Time => <DateTime as OutputType>::create_type_info(registry),
        Shape::Date => <Date as OutputType>::create_type_info(registry),
        Shape::Bool => <bool as OutputType>::create_type_info(registry),
        Shape::Text | Shape::Other => <String as OutputType>::create_type_info(registry),
        Shape::Word(name) => match word(name) {
            Some(word) => (word.output_type)(registry),
            None => <String as OutputType>::create_type_info(registry),
        },
    };
    if column.nullable { nullable(ty) } else { ty }
}

/// A stored value as the API shows it.
fn written(column: &Column, value: Scalar) -> Value {
    match value {
        Scalar::Null => Value::Null,
        Scalar::Int(units) if column.shape == Shape::Money => {
            Decimal(Money::from_ten_thousandths(units)).to_value()
        }
        Scalar::Int(number) => number.into(),
        Scalar::Fraction(fraction) => fraction.get().into(),
        Scalar::Bool(yes) => yes.into(),
        Scalar::Time(instant) => DateTime(instant).to_value(),
        Scalar::Date(day) => Date(day).to_value(),
        Scalar::Text(text) => match column.shape {
            Shape::Word(_) => Value::Enum(Name::new(text)),
            _ => text.into(),
        },
    }
}
