import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { markup } from "../../ui/dom/markup.ts";
import { markdownView } from "../../ui/views/markdown.ts";
import { modelOf } from "../browser/fixtures/answers.ts";

const html = (source: string): string => markdownView(source).map(markup).join("");

describe("Markdown of a model card", () => {
  test.each([
    ["# One\n## Two ##", "<h2>One</h2><h3>Two</h3>"],
    ["a\nb\n\nc", "<p>a b</p><p>c</p>"],
    ["**b** and *i* and `c < d`", "<p><strong>b</strong> and <em>i</em> and <code>c &lt; d</code></p>"],
    ["p95_seconds and 2 * 3 * 4", "<p>p95_seconds and 2 * 3 * 4</p>"],
    ["- a\n- b\n  more\n  - c\n- d", "<ul><li>a</li><li>b more<ul><li>c</li></ul></li><li>d</li></ul>"],
    ["1. a\n2. b", "<ol><li>a</li><li>b</li></ol>"],
    ["> said", "<blockquote><p>said</p></blockquote>"],
    ["a\n\n---\n\nb", "<p>a</p><p>b</p>"],
    ["<!-- no\nsecret -->\nshown", "<p>shown</p>"],
  ])("%j", (source, expected) => {
    expect(html(source)).toBe(expected);
  });

  test("code keeps its lines and its signs", () => {
    expect(html("```ts\nconst a = *1*;\n\n# no heading\n```\nafter")).toBe(
      '<pre tabindex="0"><code>const a = *1*;\n\n# no heading</code></pre><p>after</p>',
    );
  });

  test("a table has heads, aligned numbers and pipes in cells", () => {
    const table = html("| a | n |\n| --- | ---: |\n| x \\| y | 1 |\n| z |");
    expect(table).toContain('<th scope="col">a</th><th scope="col" class="number">n</th>');
    expect(table).toContain('<td>x | y</td><td class="number">1</td>');
    expect(table).toContain('<td>z</td><td class="number"></td>');
  });

  test("links lead to the web or nowhere", () => {
    expect(html("[a](https://example.org/x)")).toBe('<p><a href="https://example.org/x" rel="noreferrer">a</a></p>');
    expect(html("[a](javascript:alert(1))")).not.toContain("<a");
    expect(html("[a](data:text/html,x)")).toBe("<p>a</p>");
  });

  test("markup in the source stays text, and the whole card comes through", () => {
    const card = html(modelOf("healthy").card);
    expect(card).not.toContain("<script");
    expect(card).toContain("&lt;script&gt;");
    expect(card).toContain("<ul><li>10 to train</li><li>4 held out</li></ul>");
  });

  test("any text ends, and only known elements come out", () => {
    const sign = fc.constantFrom(
      "#",
      " ",
      "-",
      "*",
      "`",
      "|",
      "\n",
      ">",
      "1.",
      "a",
      "[",
      "](",
      ")",
      "~",
      "_",
      "<b>",
      "<!--",
      "\\",
    );
    fc.assert(
      fc.property(fc.array(sign, { maxLength: 60 }), (signs) => {
        const tags = [...html(signs.join("")).matchAll(/<([a-z]\w*)/g)].map((match) => match[1]);
        expect(
          tags.filter(
            (tag) =>
              !/^(h[2-6]|p|ul|ol|li|pre|code|strong|em|a|blockquote|div|table|thead|tbody|tr|th|td)$/.test(tag ?? ""),
          ),
        ).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });
});
