//! Folding: block-quantised constants become plain 32-bit floats, so that every runtime can load the file.
//!
//! YuNet and SFace carry their weights as `DequantizeLinear` (ONNX opset 21, `block_size`) followed by `Reshape`,
//! both over constants only. They are computed once here; inference-time `Dropout` (the identity) goes, and
//! so do the graph inputs that only repeat constants. Spatial input sizes become free.
//!
//! `PRelu` becomes `Relu(x) + slope × Min(x, 0)`, which is the same number for number: ONNX Runtime 1.32 computes
//! `PRelu` with a branch for each value, which on real images costs a third of the whole inference.

use std::collections::{HashMap, HashSet};

use prost::Message as _;

use super::fuse::fuse;
use super::onnx::{Dimension, Graph, Model, Node, Shape, Tensor, ValueInfo};

/// The file is not an ONNX model of the shape that can be folded.
#[derive(Debug, thiserror::Error)]
pub enum FoldError {
    /// Not protobuf, or not an ONNX model.
    #[error("not an ONNX model: {0}")]
    Format(#[from] prost::DecodeError),
    /// A part is missing or has an impossible shape.
    #[error("the model cannot be folded: {0}")]
    Shape(&'static str),
}

const FLOAT: i32 = 1;

/// Prepares the network in `bytes` and answers the new file; deterministic.
///
/// # Errors
/// [`FoldError`] when the file is not a model, or a constant has an impossible shape.
pub fn fold(bytes: &[u8]) -> Result<Vec<u8>, FoldError> {
    let mut model = Model::decode(bytes)?;
    fuse(&mut model)?;
    let graph = model.graph.as_mut().ok_or(FoldError::Shape("there is no graph"))?;
    fold_constants(graph)?;
    drop_dropout(graph);
    split_prelu(graph);
    drop_unused(graph);
    free_spatial_size(graph);
    Ok(model.encode_to_vec())
}

fn fold_constants(graph: &mut Graph) -> Result<(), FoldError> {
    let mut constants: HashMap<String, usize> =
        graph.initializer.iter().enumerate().map(|(i, t)| (t.name.clone().unwrap_or_default(), i)).collect();
    let mut kept = Vec::with_capacity(graph.node.len());
    for node in std::mem::take(&mut graph.node) {
        let inputs: Option<Vec<&Tensor>> =
            node.input.iter().map(|name| constants.get(name).map(|&i| &graph.initializer[i])).collect();
        let folded = match (node.op_type.as_deref(), inputs) {
            (Some("DequantizeLinear"), Some(inputs)) => Some(dequantise(&node, &inputs)?),
            (Some("Reshape"), Some(inputs)) if inputs[0].data_type == Some(FLOAT) => Some(reshape(&inputs)?),
            _ => None,
        };
        let Some(mut tensor) = folded else {
            kept.push(node);
            continue;
        };
        let name = node.output.first().cloned().ok_or(FoldError::Shape("a node has no output"))?;
        tensor.name = Some(name.clone());
        constants.insert(name, graph.initializer.len());
        graph.initializer.push(tensor);
    }
    graph.node = kept;
    Ok(())
}

fn attribute(node: &Node, name: &str) -> Option<i64> {
    node.attribute.iter().find(|a| a.name.as_deref() == Some(name)).and_then(|a| a.i)
}

/// `(x - zero_point) × scale`, with one scale a tensor, an index along `axis`, or a block along `axis`.
fn dequantise(node: &Node, inputs: &[&Tensor]) -> Result<Tensor, FoldError> {
    let (x, scale) = (floats(inputs[0])?, floats(inputs.get(1).ok_or(FoldError::Shape("no scale"))?)?);
    let zero = inputs.get(2).map_or_else(|| Ok(vec![0.0; scale.len()]), |t| floats(t))?;
    let dims: Vec<usize> = inputs[0].dims.iter().map(|&d| usize::try_from(d).unwrap_or(0)).collect();
    let rank = i64::try_from(dims.len()).unwrap_or(0);
    let axis = attribute(node, "axis").unwrap_or(1);
    let axis = usize::try_from(if axis < 0 { axis + rank } else { axis }).unwrap_or(usize::MAX);
    let block = usize::try_from(attribute(node, "block_size").unwrap_or(0)).unwrap_or(0);
    let per_tensor = scale.len() == 1;
    if x.len() != dims.iter().product::<usize>()
        || zero.len() != scale.len()
        || (!per_tensor && axis >= dims.len())
    {
        return Err(FoldError::Shape("a quantised tensor and its scales do not fit"));
    }
    let (inner, along) = if per_tensor { (1, 1) } else { (dims[axis + 1..].iter().product(), dims[axis]) };
    let place = |k: usize| {
        let (i, a, o): (usize, usize, usize) = (k % inner, k / inner % along, k / inner / along);
        match (per_tensor, block) {
            (true, _) => 0,
            (false, 0) => a,
            (false, b) => (o * along.div_ceil(b) + a / b) * inner + i,
        }
    };
    let values: Option<Vec<f32>> =
        x.iter().enumerate().map(|(k, v)| Some((v - zero.get(place(k))?) * scale.get(place(k))?)).collect();
    Ok(tensor(inputs[0].dims.clone(), &values.ok_or(FoldError::Shape("a scale is missing"))?))
}

fn reshape(inputs: &[&Tensor]) -> Result<Tensor, FoldError> {
    let values = floats(inputs[0])?;
    let mut dims = integers(inputs.get(1).ok_or(FoldError::Shape("no shape"))?);
    let known: i64 = dims.iter().filter(|&&d| d != -1).product();
    if let Some(free) = dims.iter_mut().find(|d| **d == -1) {
        *free = i64::try_from(values.len()).unwrap_or(0).checked_div(known).unwrap_or(0);
    }
    if dims.iter().product::<i64>() != i64::try_from(values.len()).unwrap_or(-1) {
        return Err(FoldError::Shape("a constant does not fit its new shape"));
    }
    Ok(tensor(dims, &values))
}

pub(super) fn tensor(dims: Vec<i64>, values: &[f32]) -> Tensor {
    let raw = values.iter().flat_map(|v| v.to_le_bytes()).collect();
    Tensor { dims, data_type: Some(FLOAT), raw_data: Some(raw), ..Tensor::default() }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "quantised values have at most 8 bits, zero points at most 32"
)]
pub(super) fn floats(tensor: &Tensor) -> Result<Vec<f32>, FoldError> {
    let raw = tensor.raw_data.as_deref();
    match (tensor.data_type, raw) {
        (Some(FLOAT), None) => Ok(tensor.float_data.clone()),
        (Some(FLOAT), Some(raw)) => {
            Ok(raw.chunks_exact(4).map(|c| f32::from_le_bytes([c[0], c[1], c[2], c[3]])).collect())
        }
        (Some(2), Some(raw)) => Ok(raw.iter().map(|&v| f32::from(v)).collect()),
        (Some(3), Some(raw)) => Ok(raw.iter().map(|&v| f32::from(v.cast_signed())).collect()),
        (Some(2 | 3 | 6), None) => Ok(tensor.int32_data.iter().map(|&v| v as f32).collect()),
        _ => Err(FoldError::Shape("a constant has an unexpected type")),
    }
}

fn integers(tensor: &Tensor) -> Vec<i64> {
    match tensor.raw_data.as_deref() {
        Some(raw) => raw
            .chunks_exact(8)
            .map(|c| i64::from_le_bytes([c[0], c[1], c[2], c[3], c[4], c[5], c[6], c[7]]))
            .collect(),
        None => tensor.int64_data.clone(),
    }
}

fn drop_dropout(graph: &mut Graph) {
    let is_dropout = |n: &Node| n.op_type.as_deref() == Some("Dropout");
    let renamed: HashMap<String, String> = graph
        .node
        .iter()
        .filter(|n| is_dropout(n))
        .filter_map(|n| Some((n.output.first()?.clone(), n.input.first()?.clone())))
        .collect();
    graph.node.retain(|n| !is_dropout(n));
    for name in graph.node.iter_mut().flat_map(|n| n.input.iter_mut()) {
        if let Some(source) = renamed.get(name) {
            name.clone_from(source);
        }
    }
}

/// Name of the constant 0 that [`split_prelu`] compares with.
const ZERO: &str = "personhood_zero";

fn split_prelu(graph: &mut Graph) {
    let node = |op: &str, input: [&str; 2], output: &str| {
        let input = input.iter().filter(|i| !i.is_empty()).map(|&i| i.to_owned()).collect();
        Node { op_type: Some(op.to_owned()), input, output: vec![output.to_owned()], ..Node::default() }
    };
    let mut nodes = Vec::with_capacity(graph.node.len());
    for old in std::mem::take(&mut graph.node) {
        let ([x, slope], [out], Some("PRelu")) = (&old.input[..], &old.output[..], old.op_type.as_deref())
        else {
            nodes.push(old);
            continue;
        };
        let part = |name: &str| format!("{out}_{name}");
        let (above, below, scaled) = (part("above"), part("below"), part("scaled"));
        nodes.push(node("Relu", [x, ""], &above));
        nodes.push(node("Min", [x, ZERO], &below));
        nodes.push(node("Mul", [&below, slope], &scaled));
        nodes.push(node("Add", [&above, &scaled], out));
    }
    graph.node = nodes;
    graph.initializer.push(Tensor { name: Some(ZERO.to_owned()), ..tensor(Vec::new(), &[0.0]) });
}

fn drop_unused(graph: &mut Graph) {
    let used: HashSet<&str> = graph.node.iter().flat_map(|n| n.input.iter().map(String::as_str)).collect();
    graph.initializer.retain(|t| t.name.as_deref().is_some_and(|n| used.contains(n)));
    let constant: HashSet<&str> = graph.initializer.iter().filter_map(|t| t.name.as_deref()).collect();
    graph.input.retain(|v| v.name.as_deref().is_some_and(|n| used.contains(n) && !constant.contains(n)));
}

/// Height and width of a four-dimensional input, and every size of the outputs, are left to the run.
fn free_spatial_size(graph: &mut Graph) {
    let shape =
        |v: &mut ValueInfo| -> Option<Shape> { v.r#type.as_mut()?.tensor_type.as_mut()?.shape.take() };
    let has_pool_over_all =
        graph.node.iter().any(|n| matches!(n.op_type.as_deref(), Some("Gemm" | "MatMul")));
    if has_pool_over_all {
        return; // A fully connected layer fixes the size.
    }
    for value in &mut graph.output {
        shape(value);
    }
    for value in &mut graph.input {
        let Some(shape) = value.r#type.as_mut().and_then(|t| t.tensor_type.as_mut()?.shape.as_mut()) else {
            continue;
        };
        if let [_, _, height, width] = shape.dim.as_mut_slice() {
            // One is no size but a channel, in networks that have it last.
            for (side, name) in
                [(height, "height"), (width, "width")].into_iter().filter(|(s, _)| s.value != Some(1))
            {
                *side = Dimension { value: None, param: Some(name.into()) };
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::onnx::Attribute;
    use super::*;

    fn bytes_tensor(name: &str, dims: &[i64], values: &[i8]) -> Tensor {
        let raw = values.iter().map(|v| v.cast_unsigned()).collect();
        Tensor {
            name: Some(name.into()),
            dims: dims.into(),
            data_type: Some(3),
            raw_data: Some(raw),
            ..Tensor::default()
        }
    }

    fn float_tensor(name: &str, dims: &[i64], values: &[f32]) -> Tensor {
        Tensor { name: Some(name.into()), ..tensor(dims.into(), values) }
    }

    fn int(name: &str, value: i64) -> Attribute {
        Attribute { name: Some(name.into()), i: Some(value), kind: Some(2), ..Attribute::default() }
    }

    fn node(op: &str, input: &[&str], output: &str, attribute: Vec<Attribute>) -> Node {
        let input = input.iter().map(|&s| s.to_owned()).collect();
        Node { op_type: Some(op.into()), input, output: vec![output.into()], attribute, ..Node::default() }
    }

    fn model(node: Vec<Node>, initializer: Vec<Tensor>) -> Vec<u8> {
        let graph = Graph { node, initializer, ..Graph::default() };
        Model { graph: Some(graph), ..Model::default() }.encode_to_vec()
    }

    #[test]
    fn blocks_along_the_axis_take_their_own_scale() {
        let file = model(
            vec![
                node("DequantizeLinear", &["q", "s"], "d", vec![int("axis", 1), int("block_size", 2)]),
                node("Dropout", &["d"], "e", vec![]),
                node("Relu", &["e"], "out", vec![]),
            ],
            vec![
                bytes_tensor("q", &[2, 3], &[1, 2, 3, -4, 5, 6]),
                float_tensor("s", &[2, 2], &[1.0, 10.0, 100.0, 1000.0]),
            ],
        );
        let graph = Model::decode(fold(&file).unwrap().as_slice()).unwrap().graph.unwrap();
        assert_eq!(graph.node.len(), 1);
        assert_eq!(graph.node[0].input, ["d"]);
        assert_eq!(graph.initializer.len(), 1);
        assert_eq!(floats(&graph.initializer[0]).unwrap(), [1.0, 2.0, 30.0, -400.0, 500.0, 6000.0]);
    }

    #[test]
    fn prelu_becomes_operations_without_branches() {
        let file =
            model(vec![node("PRelu", &["x", "s"], "y", vec![])], vec![float_tensor("s", &[1], &[0.25])]);
        let graph = Model::decode(fold(&file).unwrap().as_slice()).unwrap().graph.unwrap();
        let ops: Vec<_> = graph.node.iter().filter_map(|n| n.op_type.as_deref()).collect();
        assert_eq!(ops, ["Relu", "Min", "Mul", "Add"]);
        assert_eq!(graph.node[3].output, ["y"]);
        assert_eq!(graph.initializer.len(), 2, "the slope and the zero");
    }

    #[test]
    fn a_scale_that_does_not_fit_is_an_error_and_no_panic() {
        for (axis, dims) in [(7, [2i64, 3]), (1, [2, 4])] {
            let file = model(
                vec![node(
                    "DequantizeLinear",
                    &["q", "s"],
                    "d",
                    vec![int("axis", axis), int("block_size", 2)],
                )],
                vec![bytes_tensor("q", &dims, &[0; 6]), float_tensor("s", &[2], &[1.0, 2.0])],
            );
            assert!(fold(&file).is_err());
        }
        assert!(fold(b"not a model").is_err());
    }
}
