// The command line: completions and a correction while one types (a combobox of WAI-ARIA 1.2), plain typing without.
const REST_MS = 80; // after the last key
const LATE_MS = 500; // until it is asked again: the first use of a language opens its dictionary, which takes seconds
const PATIENCE_MS = 300; // for a correction that is still on its way when Enter is struck

export class CommandLine {
  #form = document.getElementById("command");
  #input = document.getElementById("line");
  #language = document.getElementById("language");
  #list = document.getElementById("proposals");
  #correction = document.getElementById("correction");
  #help = document.getElementById("line-help");
  #number = 0;
  #answered = 0;
  #helped = false; // whether there is a completer at all
  #timer = 0;
  #waiting = null;
  #proposals = [];
  #active = -1;
  #corrected = null;
  #mayDrive = false;

  constructor(link, talk) {
    this.link = link;
    this.talk = talk;
    this.#input.addEventListener("input", () => this.#typed());
    this.#input.addEventListener("keydown", (event) => this.#key(event));
    this.#language.addEventListener("change", () => this.#typed());
    this.#form.addEventListener("submit", (event) => { event.preventDefault(); this.#enter(false); });
  }

  allow(right) {
    this.#mayDrive = right === "drive";
    document.getElementById("send").disabled = !this.#mayDrive;
    if (!this.#mayDrive) this.#tell("This link only watches: lines cannot be sent.");
  }

  take(text) {
    this.#input.value = text;
    this.#input.focus();
    this.#typed();
  }

  help(item) {
    if (item.number !== this.#number) return; // of a line that has changed meanwhile
    this.#answered = item.number;
    this.#helped = item.there;
    this.#showCorrection(item.corrected && item.corrected !== this.#input.value.trim() ? item.corrected : null);
    this.#show(item.there ? item.completions ?? [] : []);
    if (!item.there) this.#tell("No completion: the completer is not running. Typing works.");
    else if (item.command) this.#tell(`Understood: ${item.command.replaceAll("_", " ")}${percent(item.confidence)}`);
    else this.#tell(item.late ? "The dictionary is being opened …" : item.reason || "");
    if (item.late) this.#timer = setTimeout(() => this.#ask(), LATE_MS);
    this.#waiting?.();
  }

  #typed() {
    this.#number += 1;
    this.#show([]);
    this.#showCorrection(null);
    clearTimeout(this.#timer);
    if (!this.#input.value.trim()) { this.#tell(""); return; }
    this.#timer = setTimeout(() => this.#ask(), REST_MS);
  }

  #ask() {
    clearTimeout(this.#timer);
    this.link.send({ kind: "typing", text: this.#input.value, language: this.#language.value, number: this.#number });
  }

  #key(event) {
    if (event.key === "Tab" && !event.shiftKey && this.#proposals.length) {
      event.preventDefault();
      this.#accept(Math.max(0, this.#active));
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      if (!this.#proposals.length) return;
      event.preventDefault();
      const step = event.key === "ArrowDown" ? 1 : -1;
      const count = this.#proposals.length + 1; // one place is the line itself
      this.#select(((this.#active + 1 + step + count) % count) - 1);
    } else if (event.key === "Enter") {
      event.preventDefault();
      if (this.#active >= 0) this.#accept(this.#active);
      else this.#enter(event.shiftKey);
    }
  }

  async #enter(asTyped) {
    if (!this.#input.value.trim() || !this.#mayDrive) return;
    if (!asTyped && this.#helped && this.#answered !== this.#number) {
      this.#ask();
      await new Promise((resolve) => { this.#waiting = resolve; setTimeout(resolve, PATIENCE_MS); });
      this.#waiting = null;
    }
    if (!asTyped && this.#corrected) {
      // a correction is never driven unseen: Enter takes it, Enter again sends it
      this.take(this.#corrected);
      this.#tell("Corrected. Enter sends it.");
      return;
    }
    await this.#send(this.#input.value);
  }

  async #send(text) {
    try {
      const reply = await fetch("/text", {
        method: "POST",
        headers: { "content-type": "application/json", accept: "application/json" },
        body: JSON.stringify({ text, language: this.#language.value }),
        signal: AbortSignal.timeout(3000),
      });
      const answer = await reply.json();
      if (!reply.ok) throw new Error(answer.error ?? `HTTP ${reply.status}`);
      this.talk.add("you", answer.words);
      this.#input.value = "";
      this.#typed();
    } catch (error) {
      this.#tell(`Not sent: ${error.message}`);
    }
  }

  #accept(index) { this.take(this.#proposals[index].text); }

  #show(proposals) {
    const typed = this.#input.value.trim();
    this.#proposals = proposals.filter((proposal) => proposal.text && proposal.text.trim() !== typed);
    this.#list.replaceChildren(...this.#proposals.map((proposal, index) => {
      const row = document.createElement("li");
      row.role = "option";
      row.id = `proposal-${index}`;
      row.ariaSelected = "false";
      row.append(proposal.text);
      const note = document.createElement("small");
      note.textContent = `${proposal.command ? proposal.command.replaceAll("_", " ") : ""}${percent(proposal.score)}`;
      row.append(note);
      row.addEventListener("pointerdown", (event) => { event.preventDefault(); this.#accept(index); });
      return row;
    }));
    this.#list.hidden = !this.#proposals.length;
    this.#input.ariaExpanded = String(this.#proposals.length > 0);
    this.#select(-1);
  }

  #select(index) {
    this.#active = index;
    [...this.#list.children].forEach((row, i) => { row.ariaSelected = String(i === index); });
    if (index >= 0) this.#input.setAttribute("aria-activedescendant", `proposal-${index}`);
    else this.#input.removeAttribute("aria-activedescendant");
  }

  #showCorrection(text) {
    this.#corrected = text;
    this.#correction.hidden = !text;
    if (!text) { this.#correction.replaceChildren(); return; }
    const take = document.createElement("button");
    take.type = "button";
    take.textContent = `Did you mean «${text}»?`;
    take.addEventListener("click", () => this.take(text));
    this.#correction.replaceChildren(take);
  }

  #tell(text) { if (this.#help.textContent !== text) this.#help.textContent = text; }
}

function percent(share) {
  return share === null || share === undefined ? "" : ` ${Math.round(share * 100)} %`;
}
