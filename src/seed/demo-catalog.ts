/** A category: its name, and what stands below it. */
export type DemoCategory = readonly [name: string, children: readonly (DemoCategory | DemoLine)[]];

/**
 * Products that differ in one thing: the beginning of their SKUs, name, price of the first in cents, by how
 * much each further one costs more, what they differ in, and what there is to say about them.
 */
export interface DemoLine {
  sku: string;
  name: string;
  price: number;
  step: number;
  /** What `metadata` calls the difference. */
  by: 'colour' | 'size' | 'weight' | 'glaze' | 'count' | 'length' | 'wood';
  variants: readonly string[];
  description: string;
}

type Row = readonly [
  sku: string,
  name: string,
  price: number,
  step: number,
  by: DemoLine['by'],
  variants: string,
  description: string,
];

function lines(rows: readonly Row[]): DemoLine[] {
  return rows.map(([sku, name, price, step, by, variants, description]) => ({
    sku,
    name,
    price,
    step,
    by,
    variants: variants.split(', '),
    description,
  }));
}

const BRIGHT = 'moss, sand, slate, plum, ochre, night blue';
const PLAIN = 'white, grey, black';

// biome-ignore format: a table, one line after the other.
const MATS = lines([
  ['MAT-NAT', 'Natural rubber mat', 6900, 0, 'colour', BRIGHT, 'Four millimetres, grips when wet. Smells of rubber for the first week.'],
  ['MAT-CRK', 'Cork mat', 7900, 0, 'colour', 'plain, printed sun, printed moon', 'Cork on natural rubber; the warmer the hands, the better the grip.'],
  ['MAT-TRV', 'Travel mat', 3900, 0, 'colour', BRIGHT, 'One and a half millimetres: folds into a day pack, and lies on another mat.'],
  ['MAT-KID', "Children's mat", 2400, 0, 'colour', 'frog, fox, whale', 'One metre twenty, printed with water-based ink.'],
  ['BAG-MAT', 'Mat bag', 3200, 0, 'colour', BRIGHT, 'Cotton canvas with a zip along its whole length.'],
]);
// biome-ignore format: a table, one line after the other.
const PROPS = lines([
  ['BLK-CRK', 'Cork block', 1400, 300, 'size', 'flat, standard, tall', 'Heavy enough to stand on. Edges rounded by hand.'],
  ['BLK-FOM', 'Foam block', 900, 0, 'colour', BRIGHT, 'Light; recycled foam with bevelled edges.'],
  ['STR-COT', 'Cotton strap', 800, 200, 'length', '180 cm, 250 cm, 300 cm', 'With a metal ring that holds at every length.'],
  ['BOL-RND', 'Round bolster', 4900, 0, 'colour', BRIGHT, 'Filled with spelt husks; the cover comes off and goes into the wash.'],
  ['BOL-FLT', 'Flat bolster', 5200, 0, 'colour', BRIGHT, 'For restorative classes: wide enough to lie on.'],
  ['CSH-MED', 'Meditation cushion', 3900, 500, 'size', 'low, standard, high', 'Buckwheat husks, which can be taken out to make it lower.'],
  ['BLN-WOL', 'Wool blanket', 4500, 0, 'colour', 'moss, sand, slate', 'Dense felted wool: warm to lie under, firm to sit on.'],
]);
// biome-ignore format: a table, one line after the other.
const STRENGTH = lines([
  ['KTL-IRN', 'Kettlebell', 2900, 1400, 'weight', '4 kg, 8 kg, 12 kg, 16 kg, 20 kg, 24 kg', 'Cast in one piece, with a flat base and a handle without seams.'],
  ['DMB-HEX', 'Hexagonal dumbbells, a pair', 1900, 1100, 'weight', '1 kg, 2 kg, 4 kg, 6 kg, 8 kg, 10 kg', 'Do not roll away. Rubber heads, chromed handles.'],
  ['BND-RES', 'Resistance band', 700, 150, 'weight', 'light, medium, strong, extra strong', 'Natural latex, two metres.'],
  ['BND-LOP', 'Loop band', 500, 100, 'weight', 'light, medium, strong', 'Woven: stays where it is and does not pinch.'],
  ['RNG-PIL', 'Pilates ring', 2900, 0, 'colour', PLAIN, 'Thirty-eight centimetres, padded inside and outside.'],
  ['BAL-GYM', 'Gym ball', 1900, 400, 'size', '55 cm, 65 cm, 75 cm', 'Loses its air slowly when it is cut. With a pump.'],
  ['ROL-FOM', 'Foam roller', 2400, 600, 'length', '30 cm, 45 cm, 90 cm', 'Firm, smooth, and the same after a year.'],
]);
// biome-ignore format: a table, one line after the other.
const CLAY = lines([
  ['CLY-STW', 'Stoneware clay', 1600, 0, 'colour', 'white, buff, speckled, chocolate, black', 'Ten kilograms, fires from 1,200 to 1,260 °C.'],
  ['CLY-PRC', 'Porcelain', 2400, 0, 'colour', 'white, translucent', 'Ten kilograms. Throws like cream cheese, dries evenly if you let it.'],
  ['CLY-RAK', 'Raku clay', 1900, 0, 'colour', 'white, grogged', 'Ten kilograms, for thermal shock.'],
  ['GLZ-CEL', 'Celadon glaze', 1800, 0, 'glaze', 'sky, jade, smoke', 'One kilogram of powder; food-safe at 1,240 °C.'],
  ['GLZ-MAT', 'Matt glaze', 1700, 0, 'glaze', 'chalk, rust, ink, moss', 'One kilogram of powder. Test tile enclosed.'],
  ['GLZ-TNM', 'Tenmoku glaze', 1900, 0, 'glaze', 'honey, oil spot', 'One kilogram of powder; breaks brown over edges.'],
]);
// biome-ignore format: a table, one line after the other.
const POTTERS_TOOLS = lines([
  ['TOL-RIB', 'Throwing rib', 700, 150, 'wood', 'beech, pear, olive', 'Kidney-shaped, oiled.'],
  ['TOL-TRM', 'Trimming tool', 1200, 200, 'size', 'small, medium, large', 'Carbon steel loops that can be sharpened.'],
  ['TOL-WIR', 'Cutting wire', 500, 0, 'length', '45 cm', 'Twisted steel with beech handles.'],
  ['TOL-BAT', 'Throwing bat', 1100, 300, 'size', '25 cm, 30 cm, 35 cm', 'Water-resistant, drilled for the usual pins.'],
  ['TOL-SPG', 'Throwing sponge', 400, 0, 'count', 'one, three', 'Fine-pored, natural.'],
  ['WHL-ELE', "Potter's wheel", 89000, 24000, 'size', 'table-top, studio', 'Quiet belt drive, runs in both directions. Comes on a pallet.'],
]);
// biome-ignore format: a table, one line after the other.
const PAINT = lines([
  ['WTC-PAN', 'Watercolour pan', 350, 0, 'colour', 'ultramarine, cobalt teal, sap green, quinacridone rose, burnt sienna, raw umber, cadmium-free yellow, ivory black', 'Half pan; single pigment, light-fast.'],
  ['ACR-TUB', 'Acrylic paint, 200 ml', 990, 0, 'colour', 'titanium white, process cyan, magenta, lemon, ochre, black', 'Stays flexible, dries matt.'],
  ['OIL-TUB', 'Oil paint, 60 ml', 1290, 0, 'colour', 'titanium white, ultramarine, viridian, ochre, madder, black', 'Ground in safflower oil.'],
  ['INK-DRW', 'Drawing ink', 690, 0, 'colour', 'black, sepia, indigo, green', 'Waterproof when dry. Fifty millilitres.'],
  ['SET-WTC', 'Watercolour set', 3900, 2600, 'count', '12 pans, 24 pans', 'In a tin with three mixing wells.'],
]);
// biome-ignore format: a table, one line after the other.
const PAPER = lines([
  ['PAP-WTC', 'Watercolour block', 1900, 1300, 'size', 'A5, A4, A3', 'Cold-pressed cotton, 300 g; glued on four sides.'],
  ['PAP-SKT', 'Sketchbook', 1200, 500, 'size', 'A6, A5, A4', 'Lies flat. 120 g, takes ink without bleeding.'],
  ['CAN-LIN', 'Stretched linen', 2200, 1700, 'size', '30 × 40, 50 × 70, 80 × 100', 'Four times primed, with wedges.'],
  ['CAN-COT', 'Stretched cotton', 900, 800, 'size', '20 × 20, 30 × 40, 50 × 70', 'For a class of twenty, in packs of one.'],
  ['BRU-RND', 'Round brush', 590, 260, 'size', 'no. 2, no. 6, no. 10, no. 14', 'Synthetic squirrel: holds water, keeps its point.'],
  ['BRU-FLT', 'Flat brush', 690, 310, 'size', 'no. 6, no. 12, no. 20', 'Springy bristles for acrylic and oil.'],
  ['EAS-TBL', 'Table easel', 3900, 0, 'wood', 'beech, walnut', 'Folds flat; a drawer for brushes.'],
]);
// biome-ignore format: a table, one line after the other.
const PERCUSSION = lines([
  ['DRM-FRM', 'Frame drum', 5900, 2400, 'size', '30 cm, 40 cm, 50 cm', 'Goat skin on ash, tuned by hand.'],
  ['DRM-CAJ', 'Cajón', 12900, 0, 'wood', 'birch, walnut, oak', 'Adjustable snares; seats a heavy player.'],
  ['SHK-EGG', 'Shaker egg', 350, 0, 'colour', BRIGHT, 'Soft to loud. Sold singly, bought by the dozen.'],
  ['BEL-SNG', 'Singing bowl', 6900, 4100, 'size', '12 cm, 16 cm, 20 cm', 'Hammered bronze, with cushion and mallet.'],
  ['CHM-WND', 'Chime bar', 2400, 300, 'length', 'C, D, E, G, A', 'One note of a pentatonic row.'],
]);
// biome-ignore format: a table, one line after the other.
const STRINGS = lines([
  ['UKU-SOP', 'Soprano ukulele', 8900, 2000, 'wood', 'mahogany, koa laminate, acacia', 'Stays in tune through a whole beginners’ course.'],
  ['STD-MUS', 'Music stand', 3900, 0, 'colour', PLAIN, 'Folds; the desk holds a heavy score.'],
  ['STR-UKU', 'Ukulele strings', 900, 0, 'count', 'one set, ten sets', 'Fluorocarbon.'],
  ['TUN-CLP', 'Clip-on tuner', 1500, 0, 'colour', PLAIN, 'Readable in the dark and in the sun.'],
]);
// biome-ignore format: a table, one line after the other.
const FURNITURE = lines([
  ['STL-STK', 'Stacking stool', 4900, 0, 'wood', 'birch, oak, black ash', 'Twelve of them stack to a metre forty.'],
  ['TBL-FLD', 'Folding table', 18900, 4500, 'size', '120 cm, 160 cm, 200 cm', 'Opens with one hand, carries a kiln shelf.'],
  ['SHL-MAT', 'Mat rack', 14900, 6000, 'count', 'for 12, for 24', 'Air gets to every mat.'],
  ['SHL-DRY', 'Drying rack', 16900, 5200, 'count', '8 boards, 16 boards', 'On wheels, through every door.'],
  ['MIR-STD', 'Standing mirror', 24900, 9000, 'size', '60 cm, 100 cm', 'Safety film behind the glass.'],
  ['CUR-ROM', 'Room divider', 21900, 0, 'colour', 'sand, slate, moss', 'Three felt panels that swallow sound.'],
]);
// biome-ignore format: a table, one line after the other.
const LIGHT = lines([
  ['LMP-SLT', 'Salt lamp', 2900, 1200, 'size', 'small, medium', 'Warm light, uneven on purpose.'],
  ['LMP-PAP', 'Paper lamp', 4900, 2600, 'size', '40 cm, 60 cm, 80 cm', 'Rice paper over bamboo.'],
  ['LMP-DAY', 'Daylight lamp', 8900, 0, 'colour', PLAIN, 'Colours look as they do at a north window.'],
  ['CND-BEE', 'Beeswax candle', 900, 500, 'size', 'small, medium, large', 'Burns eight hours for each centimetre and a half.'],
]);
// biome-ignore format: a table, one line after the other.
const TEA = lines([
  ['TEA-HRB', 'Herbal tea, 100 g', 790, 0, 'count', 'after class, good night, mountain, fennel', 'Blended by a neighbour who was a pharmacist.'],
  ['TEA-GRN', 'Green tea, 100 g', 1290, 0, 'count', 'sencha, genmaicha, jasmine', 'Of this year’s first harvest.'],
  ['CUP-STW', 'Stoneware cup', 1900, 0, 'glaze', 'sky, chalk, rust, ink', 'Thrown in the studio next door. No two alike.'],
  ['POT-IRN', 'Iron teapot', 5900, 2400, 'size', '0.6 l, 1.2 l', 'Enamelled inside: keeps hot for a whole talk.'],
  ['BTL-GLS', 'Glass bottle', 2200, 0, 'colour', BRIGHT, 'Half a litre, in a knitted sleeve.'],
]);

/** What Demo Org sells to the studios that book with it. */
export const DEMO_CATALOG: readonly DemoCategory[] = [
  [
    'Movement',
    [
      ['Mats', MATS],
      ['Props', PROPS],
      ['Strength', STRENGTH],
    ],
  ],
  [
    'Clay',
    [
      ['Clay and glazes', CLAY],
      ['Tools and wheels', POTTERS_TOOLS],
    ],
  ],
  [
    'Painting',
    [
      ['Paint', PAINT],
      ['Paper, canvas and brushes', PAPER],
    ],
  ],
  [
    'Music',
    [
      ['Percussion', PERCUSSION],
      ['Strings and stands', STRINGS],
    ],
  ],
  [
    'Rooms',
    [
      ['Furniture', FURNITURE],
      ['Light', LIGHT],
      ['Tea kitchen', TEA],
    ],
  ],
];

/** What Test Corp sells: some of it under the same SKUs, which is nobody else's business. */
export const SMALL_CATALOG: readonly DemoCategory[] = [['Office', [...TEA, ...LIGHT]]];
