// What is heard, what KITT says, and completions of what is being said.
const LONGEST = 60;

export class Talk {
  onAccept = () => {};
  #list = document.getElementById("talk");
  #partial = document.getElementById("partial");
  #chips = document.getElementById("heard-proposals");

  heard(item) {
    this.#partial.textContent = item.final ? "" : item.text;
    if (item.final) {
      this.#chips.replaceChildren();
      if (item.text) this.add("heard", item.text);
    }
  }

  command(item) {
    this.#chips.replaceChildren();
    const sure = item.confidence === null ? "" : ` (${Math.round(item.confidence * 100)} %)`;
    this.add("understood", `${item.command.replaceAll("_", " ")}${sure}`);
  }

  said(item) { this.add("KITT", item.text, "kitt"); }

  completions(item) {
    this.#chips.replaceChildren(...item.completions.slice(0, 4).map((proposal) => {
      const chip = document.createElement("button");
      chip.type = "button";
      chip.textContent = proposal.text;
      chip.addEventListener("click", () => this.onAccept(proposal.text));
      return chip;
    }));
  }

  add(who, text, kind = "") {
    const row = document.createElement("p");
    row.className = kind;
    const name = document.createElement("b");
    name.textContent = who;
    row.append(name, text);
    this.#list.append(row);
    while (this.#list.children.length > LONGEST) this.#list.firstChild.remove();
    this.#list.scrollTop = this.#list.scrollHeight;
  }
}
