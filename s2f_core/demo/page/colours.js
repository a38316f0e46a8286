// The colours that some models are told: of background, hair, skin and clothes. Those of the seed, or a person's own.
export class Colours extends EventTarget {
  constructor(element, regions) {
    super();
    this.element = element;
    this.inputs = regions.map((region) => {
      const input = Object.assign(document.createElement("input"), { type: "color", title: region });
      const label = document.createElement("label");
      label.append(input, ` ${region}`);
      element.insertBefore(label, element.lastElementChild);
      input.addEventListener("input", () => this.dispatchEvent(new Event("changed")));
      return input;
    });
  }

  // The value of the API's parameter `palette`.
  get palette() {
    return this.inputs.map(({ value }) => value).join(",");
  }

  set(palette) {
    for (const [index, colour] of palette.split(",").entries()) this.inputs[index].value = colour;
  }

  // Show those that the first of the models that is told some takes for the seed; a person's own stay till either changes.
  show(models, seed) {
    const model = models.find(({ palettes }) => palettes.length);
    this.element.hidden = !model;
    if (!model || (this.model === model && this.seed === seed)) return;
    Object.assign(this, { model, seed });
    this.set(model.palettes[seed % model.palettes.length]);
  }
}
