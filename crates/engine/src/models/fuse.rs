//! Fusing: what a converter has spelt out in many small operations becomes one again.
//!
//! The fingerprint network arrives with every GELU as ten operations, every layer normalisation as ten, and operations between them
//! that only move values about; two thirds of its time go into those. `Gelu` and `LayerNormalization` are the same numbers to
//! six digits. `SpaceToDepth`, which not every runtime has, becomes a convolution that picks.

use std::collections::{HashMap, HashSet};

use super::fold::{FoldError, floats, tensor};
use super::onnx::{Attribute, Graph, Model, Node, Tensor};

/// First version of the operators that has `Gelu`.
const OPERATORS: i64 = 20;

/// Who makes and who takes each value.
struct Wiring {
    made_by: HashMap<String, usize>,
    taken_by: HashMap<String, Vec<usize>>,
    constants: HashMap<String, usize>,
}

impl Wiring {
    fn of(graph: &Graph) -> Self {
        let (mut made_by, mut taken_by) = (HashMap::new(), HashMap::<_, Vec<_>>::new());
        for (index, node) in graph.node.iter().enumerate() {
            made_by.extend(node.output.iter().map(|name| (name.clone(), index)));
            node.input.iter().for_each(|name| taken_by.entry(name.clone()).or_default().push(index));
        }
        let name = |t: &Tensor| t.name.clone().unwrap_or_default();
        let constants = graph.initializer.iter().enumerate().map(|(index, t)| (name(t), index)).collect();
        Self { made_by, taken_by, constants }
    }

    fn is_constant(&self, name: &str) -> bool {
        self.constants.contains_key(name)
    }

    fn maker<'g>(&self, graph: &'g Graph, name: &str, kind: &str) -> Option<&'g Node> {
        graph.node.get(*self.made_by.get(name)?).filter(|n| is(n, kind))
    }

    /// The only one that takes a value.
    fn taker<'g>(&self, graph: &'g Graph, name: &str, kind: &str) -> Option<&'g Node> {
        match self.taken_by.get(name)?[..] {
            [only] => graph.node.get(only).filter(|n| is(n, kind)),
            _ => None,
        }
    }

    /// The one input of a node that is no constant.
    fn variable<'n>(&self, node: &'n Node) -> Option<&'n str> {
        let mut variables = node.input.iter().filter(|name| !self.is_constant(name));
        variables.next().filter(|_| variables.next().is_none()).map(String::as_str)
    }

    /// The one input of a node that is a constant.
    fn constant<'g>(&self, graph: &'g Graph, node: &Node) -> Option<&'g Tensor> {
        let mut constants = node.input.iter().filter_map(|name| self.constants.get(name));
        constants
            .next()
            .filter(|_| constants.next().is_none())
            .and_then(|index| graph.initializer.get(*index))
    }
}

fn is(node: &Node, kind: &str) -> bool {
    node.op_type.as_deref() == Some(kind)
}

fn other<'n>(node: &'n Node, than: &str) -> Option<&'n str> {
    node.input.iter().map(String::as_str).find(|name| *name != than)
}

fn node(kind: &str, input: &[&str], output: &str, attribute: Vec<Attribute>) -> Node {
    let input = input.iter().map(|&name| name.to_owned()).collect();
    Node { op_type: Some(kind.into()), input, output: vec![output.to_owned()], attribute, ..Node::default() }
}

fn integer(name: &str, value: i64) -> Attribute {
    Attribute { name: Some(name.into()), i: Some(value), kind: Some(2), ..Attribute::default() }
}

fn integers(name: &str, values: &[i64]) -> Attribute {
    Attribute { name: Some(name.into()), ints: values.into(), kind: Some(7), ..Attribute::default() }
}

/// What takes the place of a value's maker.
type Replacements = HashMap<String, Vec<Node>>;

/// Fuses what can be fused, and makes the file one of newer operators where that needs them.
pub(super) fn fuse(model: &mut Model) -> Result<(), FoldError> {
    let Some(graph) = model.graph.as_mut() else { return Ok(()) };
    let mut replaced = Replacements::new();
    gelus(graph, &mut replaced);
    normalisations(graph, &mut replaced)?;
    depths(graph, &mut replaced);
    if replaced.is_empty() {
        return Ok(());
    }
    replace(graph, replaced);
    renew(graph);
    model
        .opset_import
        .iter_mut()
        .filter(|set| set.domain().is_empty())
        .for_each(|set| set.version = Some(OPERATORS));
    Ok(())
}

/// `0.5·x·(1 + tanh(a·(x + b·x³)))`, found from its `Tanh`.
fn gelus(graph: &Graph, replaced: &mut Replacements) {
    let wiring = Wiring::of(graph);
    for tanh in graph.node.iter().filter(|n| is(n, "Tanh")) {
        let found = || {
            let scaled = wiring.maker(graph, tanh.input.first()?, "Mul")?;
            let sum = wiring.maker(graph, wiring.variable(scaled)?, "Add")?;
            let plus_one = wiring.taker(graph, tanh.output.first()?, "Add")?;
            let whole = wiring.taker(graph, plus_one.output.first()?, "Mul")?;
            let half = wiring.maker(graph, other(whole, plus_one.output.first()?)?, "Mul")?;
            let x = wiring.variable(half)?;
            sum.input.iter().any(|name| name == x).then_some((x, whole.output.first()?))
        };
        if let Some((x, output)) = found() {
            let kind = Attribute {
                name: Some("approximate".into()),
                s: Some(b"tanh".into()),
                kind: Some(3),
                ..Attribute::default()
            };
            replaced.insert(output.clone(), vec![node("Gelu", &[x], output, vec![kind])]);
        }
    }
}

/// `(x − mean) / √(variance + ε) · gain + bias` over the channels, found from its `Reciprocal`; the operator works on the last axis.
fn normalisations(graph: &mut Graph, replaced: &mut Replacements) -> Result<(), FoldError> {
    let wiring = Wiring::of(graph);
    let mut constants = Vec::new();
    for inverse in graph.node.iter().filter(|n| is(n, "Reciprocal")) {
        let Some(takers) = inverse.output.first().and_then(|name| wiring.taken_by.get(name)) else {
            continue;
        };
        for scale in takers.iter().map(|index| &graph.node[*index]) {
            let found = || {
                let root = wiring.maker(graph, inverse.input.first()?, "Sqrt")?;
                let epsilon = wiring.constant(graph, wiring.maker(graph, root.input.first()?, "Add")?)?;
                let (gain, scale_name) = (wiring.constant(graph, scale)?, scale.output.first()?);
                let products = wiring.taken_by.get(scale_name)?.iter().map(|index| &graph.node[*index]);
                let (mut shifted, mut scaled) = (None, None);
                for product in products {
                    let with = other(product, scale_name)?;
                    match wiring.maker(graph, with, "Neg") {
                        Some(_) => shifted = product.output.first(),
                        None => scaled = Some((with, product.output.first()?)),
                    }
                }
                let (x, scaled) = scaled?;
                let offset = wiring.taker(graph, shifted?, "Add")?;
                let whole = wiring.taker(graph, scaled, "Add")?;
                whole.input.contains(offset.output.first()?).then_some(())?;
                Some((x, gain, wiring.constant(graph, offset)?, epsilon, whole.output.first()?))
            };
            let Some((x, gain, bias, epsilon, output)) = found() else { continue };
            let part = |name: &str| format!("{output}_{name}");
            for (name, values) in [("gain", gain), ("bias", bias)] {
                let values = floats(values)?;
                constants.push(Tensor {
                    name: Some(part(name)),
                    ..tensor(vec![values.len().cast_signed() as i64], &values)
                });
            }
            let epsilon = floats(epsilon)?.first().copied();
            let epsilon =
                Attribute { name: Some("epsilon".into()), f: epsilon, kind: Some(1), ..Attribute::default() };
            let (last, normal) = (part("last"), part("normal"));
            replaced.insert(
                output.clone(),
                vec![
                    node("Transpose", &[x], &last, vec![integers("perm", &[0, 2, 3, 1])]),
                    node(
                        "LayerNormalization",
                        &[&last, &part("gain"), &part("bias")],
                        &normal,
                        vec![integer("axis", -1), epsilon],
                    ),
                    node("Transpose", &[&normal], output, vec![integers("perm", &[0, 3, 1, 2])]),
                ],
            );
        }
    }
    graph.initializer.extend(constants);
    Ok(())
}

/// `SpaceToDepth` of one channel: a convolution whose kernels each pick one place of a block.
fn depths(graph: &mut Graph, replaced: &mut Replacements) {
    let mut constants = Vec::new();
    for depth in graph.node.iter().filter(|n| is(n, "SpaceToDepth")) {
        let side = depth.attribute.iter().find(|a| a.name.as_deref() == Some("blocksize")).and_then(|a| a.i);
        let (Some(side), [x], [output]) =
            (side.filter(|s| (1..=8).contains(s)), &depth.input[..], &depth.output[..])
        else {
            continue;
        };
        let places = usize::try_from(side * side).unwrap_or_default();
        let picks: Vec<f32> =
            (0..places * places).map(|at| if at / places == at % places { 1.0 } else { 0.0 }).collect();
        let name = format!("{output}_picks");
        constants
            .push(Tensor { name: Some(name.clone()), ..tensor(vec![side * side, 1, side, side], &picks) });
        let attributes = vec![integers("kernel_shape", &[side, side]), integers("strides", &[side, side])];
        replaced.insert(output.clone(), vec![node("Conv", &[x, &name], output, attributes)]);
    }
    graph.initializer.extend(constants);
}

/// Puts the replacements in, and leaves out whatever nobody takes any more.
fn replace(graph: &mut Graph, mut replaced: Replacements) {
    let mut nodes = Vec::with_capacity(graph.node.len());
    for old in std::mem::take(&mut graph.node) {
        match old.output.first().and_then(|name| replaced.remove(name)) {
            Some(new) => nodes.extend(new),
            None => nodes.push(old),
        }
    }
    let mut needed: HashSet<String> = graph.output.iter().filter_map(|v| v.name.clone()).collect();
    let mut kept = Vec::with_capacity(nodes.len());
    for node in nodes.into_iter().rev() {
        if node.output.iter().any(|name| needed.contains(name)) {
            needed.extend(node.input.iter().cloned());
            kept.push(node);
        }
    }
    kept.reverse();
    graph.node = kept;
}

/// Writes what is left in the form of newer operators: axes of a mean are an input, and a split into equal parts says how many.
fn renew(graph: &mut Graph) {
    let mut constants = Vec::new();
    for node in &mut graph.node {
        if is(node, "ReduceMean") && node.input.len() == 1 {
            let at = node.attribute.iter().position(|a| a.name.as_deref() == Some("axes"));
            if let Some(axes) = at.map(|at| node.attribute.swap_remove(at)) {
                let name = format!("{}_axes", node.output.first().map_or("", String::as_str));
                let raw = axes.ints.iter().flat_map(|axis| axis.to_le_bytes()).collect();
                let dims = vec![axes.ints.len().cast_signed() as i64];
                constants.push(Tensor {
                    name: Some(name.clone()),
                    dims,
                    data_type: Some(7),
                    raw_data: Some(raw),
                    ..Tensor::default()
                });
                node.input.push(name);
            }
        }
        if is(node, "Split") && node.input.len() == 1 {
            node.attribute.push(integer("num_outputs", node.output.len().cast_signed() as i64));
        }
    }
    graph.initializer.extend(constants);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn graph(nodes: Vec<Node>, constants: &[(&str, &[f32])], output: &str) -> Model {
        let constants = constants
            .iter()
            .map(|(name, values)| Tensor { name: Some((*name).into()), ..tensor(vec![1, 2, 1, 1], values) });
        let output = super::super::onnx::ValueInfo { name: Some(output.into()), ..Default::default() };
        let graph =
            Graph { node: nodes, initializer: constants.collect(), output: vec![output], ..Graph::default() };
        let operators = super::super::onnx::OperatorSet { domain: None, version: Some(17) };
        Model { graph: Some(graph), opset_import: vec![operators], ..Model::default() }
    }

    fn kinds(model: &Model) -> Vec<&str> {
        model.graph.as_ref().unwrap().node.iter().filter_map(|n| n.op_type.as_deref()).collect()
    }

    #[test]
    fn a_gelu_that_was_spelt_out_becomes_one_operation() {
        let mut model = graph(
            vec![
                node("Mul", &["half", "x"], "h", vec![]),
                node("Pow", &["x", "three"], "cube", vec![]),
                node("Mul", &["b", "cube"], "bent", vec![]),
                node("Add", &["x", "bent"], "sum", vec![]),
                node("Mul", &["a", "sum"], "scaled", vec![]),
                node("Tanh", &["scaled"], "t", vec![]),
                node("Add", &["one", "t"], "t1", vec![]),
                node("Mul", &["h", "t1"], "y", vec![]),
            ],
            &[("half", &[0.5]), ("three", &[3.0]), ("a", &[0.8]), ("b", &[0.04]), ("one", &[1.0])],
            "y",
        );
        fuse(&mut model).unwrap();
        assert_eq!(kinds(&model), ["Gelu"]);
        assert_eq!(model.graph.unwrap().node[0].input, ["x"]);
        assert_eq!(model.opset_import[0].version, Some(OPERATORS));
    }

    #[test]
    fn a_normalisation_that_was_spelt_out_becomes_one_operation_over_the_last_axis() {
        let mut model = graph(
            vec![
                node("ReduceMean", &["x"], "mean", vec![integers("axes", &[1])]),
                node("Neg", &["mean"], "minus", vec![]),
                node("Sub", &["x", "mean"], "off", vec![]),
                node("Mul", &["off", "off"], "square", vec![]),
                node("ReduceMean", &["square"], "variance", vec![integers("axes", &[1])]),
                node("Add", &["variance", "epsilon"], "v", vec![]),
                node("Sqrt", &["v"], "root", vec![]),
                node("Reciprocal", &["root"], "inverse", vec![]),
                node("Mul", &["inverse", "gain"], "scale", vec![]),
                node("Mul", &["x", "scale"], "scaled", vec![]),
                node("Mul", &["minus", "scale"], "shift", vec![]),
                node("Add", &["shift", "bias"], "offset", vec![]),
                node("Add", &["scaled", "offset"], "y", vec![]),
            ],
            &[("epsilon", &[1e-3]), ("gain", &[2.0, 3.0]), ("bias", &[0.0, 1.0])],
            "y",
        );
        fuse(&mut model).unwrap();
        assert_eq!(kinds(&model), ["Transpose", "LayerNormalization", "Transpose"]);
        let graph = model.graph.unwrap();
        assert_eq!(graph.node[1].attribute[1].f, Some(1e-3));
        assert_eq!(graph.node[2].output, ["y"]);
    }

    #[test]
    fn a_network_without_such_operations_stays_as_it_is() {
        let mut model = graph(vec![node("Relu", &["x"], "y", vec![])], &[], "y");
        let before = model.clone();
        fuse(&mut model).unwrap();
        assert_eq!(model, before);
    }

    #[test]
    fn a_change_of_depth_becomes_a_convolution_that_picks() {
        let mut model =
            graph(vec![node("SpaceToDepth", &["x"], "y", vec![integer("blocksize", 2)])], &[], "y");
        fuse(&mut model).unwrap();
        assert_eq!(kinds(&model), ["Conv"]);
        let graph = model.graph.unwrap();
        let picks = floats(&graph.initializer[0]).unwrap();
        assert_eq!((picks.iter().sum::<f32>(), picks[0], picks[5], picks[15]), (4.0, 1.0, 1.0, 1.0));
    }
}
