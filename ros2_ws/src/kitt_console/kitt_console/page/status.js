// State, last stop, faults, health of topics and nodes, and whether there is contact at all.
const byId = (id) => document.getElementById(id);
const number = (value, digits, unit) => (value === null || value === undefined ? "–" : `${value.toFixed(digits)} ${unit}`);

export class Status {
  #facts = new Map();

  right(right) {
    const badge = byId("right");
    badge.hidden = false;
    badge.textContent = right === "drive" ? "may drive" : "watching only";
  }

  contact(there, silentS) {
    document.body.classList.toggle("lost", !there);
    byId("contact").textContent = there ? "connected" : "no contact";
    byId("contact").className = `badge ${there ? "good" : "bad"}`;
    const loss = byId("loss");
    loss.hidden = there;
    // the number changes, the alert is spoken once
    if (!there && !loss.textContent) loss.textContent = "No contact with the car: what you see is old. The stop button still tries.";
    if (there) loss.textContent = "";
    byId("contact").title = there ? "" : `silent for ${silentS.toFixed(1)} s`;
  }

  state(item) {
    set(byId("state"), item.state.replaceAll("_", " "));
    this.#fact("Driver", item.driver || "none");
    this.#fact("Command", item.command || "none");
    this.#fact("Why", item.reason || "–");
    this.#fact("Target", item.target ? `${item.target} ${item.target_id ? `#${item.target_id}` : ""} ${number(item.target_distance, 1, "m")}` : "none");
    this.#fact("Speed", number(item.speed, 2, "m/s"));
    this.#faults(item.faults);
  }

  gate(item) {
    this.#fact("Gate", `${item.verdict}${item.message ? `: ${item.message}` : ""}`);
    this.#fact("Clear ahead", item.clearance === null ? "nothing in the way" : number(item.clearance, 1, "m"));
  }

  lastStop(item) {
    const at = new Date(item.at * 1000).toLocaleTimeString();
    this.#fact("Last stop", `${item.reason} (${at})`);
  }

  battery(item) { this.#fact("Battery", item.charge === null ? "–" : `${Math.round(item.charge * 100)} %`); }

  ages(item) {
    const silent = ["/kitt/state", "/kitt/gate"].filter((name) => !(item[name] < 1.5));
    if (silent.length) set(byId("state"), `unknown: ${silent.join(" and ")} silent`);
  }

  diagnosis(item) {
    rows(byId("topics"), item.topics, () => {
      const row = document.createElement("tr");
      const name = document.createElement("th");
      name.scope = "row";
      row.append(name, ...Array.from({ length: 3 }, () => document.createElement("td")));
      return row;
    }, (row, topic) => {
      const [name, rate, age, level] = row.children;
      const words = topic.level === "ok" ? "" : topic.message;
      if (name.dataset.shown !== topic.topic + words) {
        name.dataset.shown = topic.topic + words;
        const note = document.createElement("small");
        note.textContent = words;
        name.replaceChildren(topic.topic, note);
      }
      set(rate, topic.rate === null ? "–" : topic.rate.toFixed(1));
      set(age, topic.age === null ? "–" : (topic.age * 1000).toFixed(0));
      set(level, topic.level);
      level.className = topic.level === "ok" ? "good" : topic.level === "warn" ? "warn" : "bad";
    });
    rows(byId("nodes"), item.nodes, () => document.createElement("li"), (row, node) => {
      set(row, `${node.node}: ${node.message}`);
      row.className = node.level === "ok" ? "" : node.level === "warn" ? "warn" : "bad";
    });
  }

  #faults(faults) {
    const list = byId("faults");
    const shown = faults.length ? faults : [{ effect: "none", message: "none", remedy: "" }];
    const text = JSON.stringify(shown);
    if (list.dataset.shown === text) return; // else a screen reader would say it again and again
    list.dataset.shown = text;
    list.replaceChildren(...shown.map((fault) => {
      const row = document.createElement("li");
      row.className = fault.effect;
      row.textContent = fault.message;
      if (fault.remedy) {
        const remedy = document.createElement("small");
        remedy.textContent = fault.remedy;
        row.append(remedy);
      }
      return row;
    }));
  }

  #fact(name, text) {
    let value = this.#facts.get(name);
    if (!value) {
      const term = document.createElement("dt");
      term.textContent = name;
      value = document.createElement("dd");
      byId("facts").append(term, value);
      this.#facts.set(name, value);
    }
    set(value, text);
  }
}

function set(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function rows(parent, items, make, fill) {
  while (parent.children.length > items.length) parent.lastChild.remove();
  while (parent.children.length < items.length) parent.append(make());
  items.forEach((item, i) => fill(parent.children[i], item));
}
