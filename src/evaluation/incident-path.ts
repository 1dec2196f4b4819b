/** Address of an incident below the page's own: the same replay gives the same incidents there. */
export function incidentPath(id: string): string {
  return `#/incidents/${encodeURIComponent(id)}`;
}
