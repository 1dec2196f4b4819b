import { type Elem, h, remember } from "../dom/element.ts";
import { formatCount } from "../format/quantity.ts";
import { answerOf } from "../state/select.ts";
import type { AppState } from "../state/state.ts";
import { markdownView } from "./markdown.ts";
import { card, facts, pending } from "./parts.ts";

/** What scores, on which backend, and its model card. */
export function modelPage(state: AppState): Elem {
  const { value: model, error } = answerOf(state, "model", "model");
  return h(
    "div",
    { key: "model", class: "page model-page" },
    h("header", { class: "page-head" }, h("h1", { tabindex: -1 }, "Model")),
    model === null
      ? pending(error, "the model")
      : [
          model.degradedReason === null
            ? null
            : h(
                "div",
                { class: "banner banner-degraded", role: "status" },
                h("strong", {}, "Degraded."),
                h("span", {}, model.degradedReason),
              ),
          card(
            "in-use",
            "In use",
            facts([
              ["Scorer", model.name],
              ["Backend", model.backend],
              ["Parameters", formatCount(model.parameterCount)],
              ["State", model.degradedReason === null ? "as shipped" : "degraded"],
            ]),
          ),
          modelCard(model.card),
        ],
  );
}

const modelCard = remember(
  (source: string): Elem =>
    card(
      "model-card",
      "Model card",
      h(
        "div",
        { class: "prose" },
        source.trim() === "" ? h("p", { class: "muted" }, "This scorer has no model card.") : markdownView(source),
      ),
    ),
);
