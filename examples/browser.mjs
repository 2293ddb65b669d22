// A bundle in the browser with onnxruntime-web: the state is carried from call to call.
//   import * as ort from "onnxruntime-web";
//   const card = await (await fetch("my-bundle/card.json")).json();
//   const model = await Forecaster.load(ort, "my-bundle/graph.onnx", card);
//   const forecast = await model.step(sample, dt_s); // null during the warm-up
// Samples come at card.rate_hz in the order and units of card.channels and card.units; dt_s is the
// time since the last one, and 0 marks the first. Calls wait for each other. What a bundle that was
// calibrated beforehand knows of its wearer (begins.npz) is not read here.

export class Forecaster {
  static async load(ort, graph, card, covariates = []) {
    const session = await ort.InferenceSession.create(graph);
    return new Forecaster(ort, session, card, covariates);
  }

  constructor(ort, session, card, covariates) {
    Object.assign(this, { ort, session, card, covariates });
    if (covariates.length !== card.covariates.length) {
      throw new Error(`give ${card.covariates.join(", ")}`);
    }
    this.reset();
  }

  // Forget everything, what was learnt of the wearer included.
  reset() {
    const zeros = ([name, dims]) => {
      const size = dims.reduce((a, b) => a * b, 1);
      return [name, this.tensor(new Float32Array(size), dims)];
    };
    this.state = Object.fromEntries(Object.entries(this.card.state).map(zeros));
    this.seen = 0;
    this.last = Promise.resolve();
  }

  tensor(values, dims) {
    return new this.ort.Tensor("float32", Float32Array.from(values), dims);
  }

  step(sample, dt_s) {
    const next = this.last.then(() => this.run(sample, dt_s));
    this.last = next.catch(() => {}); // a refused sample leaves the state as it was
    return next;
  }

  async run(sample, dt_s) {
    const known = this.card.covariates.length;
    if (sample.length !== this.card.channels.length || ![...sample, dt_s].every(Number.isFinite)) {
      throw new Error("a sample needs a finite number for each channel");
    }
    const out = await this.session.run({
      sample: this.tensor(sample, [1, 1, sample.length]),
      dt_s: this.tensor([dt_s > this.card.max_gap_s ? 0 : dt_s], [1]),
      ...(known ? { covariates: this.tensor(this.covariates, [1, 1, known]) } : {}),
      ...this.state,
    });
    for (const name of Object.keys(this.state)) this.state[name] = out[`${name}_next`];
    this.seen = dt_s > 0 && dt_s <= this.card.max_gap_s ? this.seen + 1 : 1;
    return this.seen >= this.card.warmup ? out.forecast.data : null;
  }
}
