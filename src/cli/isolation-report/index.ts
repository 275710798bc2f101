export { EVIDENCE_DIRECTORY, readReport } from './read/report.reader.js';
export { writeReport } from './write-report.js';
