export { DEMO_ORGANIZATIONS, DEMO_PASSWORD, type DemoOrganization } from './demo-organizations.js';
export { type LoadScale, parseLoadScale } from './load-scale.js';
export { SeedError } from './seed.error.js';
export { seedDemo } from './seed-demo.js';
export { seedLoad } from './seed-load.js';
export { customerNamed } from './shop-people.js';
