// Data of `make demo`: the planets of MongoDB's sample data set in a source
// database, and a destination that differs on purpose.
const source = db.getSiblingDB("sample_guides").planets;
source.drop();
source.insertMany([
  { name: "Mercury", orderFromSun: Int32(1), hasRings: false, mainAtmosphere: [], surfaceTemperatureC: { min: Int32(-173), max: Int32(427), mean: Int32(67) } },
  { name: "Venus", orderFromSun: Int32(2), hasRings: false, mainAtmosphere: ["CO2", "N"], surfaceTemperatureC: { min: null, max: null, mean: Int32(464) } },
  { name: "Earth", orderFromSun: Int32(3), hasRings: false, mainAtmosphere: ["N", "O2", "Ar"], surfaceTemperatureC: { min: Double(-89.2), max: Double(56.7), mean: Int32(14) } },
  { name: "Mars", orderFromSun: Int32(4), hasRings: false, mainAtmosphere: ["CO2", "Ar", "N"], surfaceTemperatureC: { min: Int32(-143), max: Int32(35), mean: Int32(-63) } },
  { name: "Jupiter", orderFromSun: Int32(5), hasRings: true, mainAtmosphere: ["H2", "He", "CH4"], surfaceTemperatureC: { min: null, max: null, mean: Double(-145.15) } },
  { name: "Saturn", orderFromSun: Int32(6), hasRings: true, mainAtmosphere: ["H2", "He", "CH4"], surfaceTemperatureC: { min: null, max: null, mean: Double(-139.15) } },
  { name: "Uranus", orderFromSun: Int32(7), hasRings: true, mainAtmosphere: ["H2", "He", "CH4"], surfaceTemperatureC: { min: null, max: null, mean: Double(-197.2) } },
  { name: "Neptune", orderFromSun: Int32(8), hasRings: true, mainAtmosphere: ["H2", "He", "CH4"], surfaceTemperatureC: { min: null, max: null, mean: Int32(-201) } },
]);
source.createIndex({ name: 1 }, { unique: true });

// Earth is up to date but for a type (2 decimals were lost), Mars has a wrong
// position, Saturn counts visits, Pluto is no planet any more, five are missing.
const destination = db.getSiblingDB("guides").planets;
destination.drop();
destination.insertMany([
  { name: "Earth", orderFromSun: Double(3), hasRings: false, mainAtmosphere: ["N", "O2", "Ar"], surfaceTemperatureC: { min: Int32(-89), max: Int32(57), mean: Int32(14) } },
  { name: "Mars", orderFromSun: Int32(5), hasRings: false, mainAtmosphere: ["CO2", "Ar", "N"], surfaceTemperatureC: { min: Int32(-143), max: Int32(35), mean: Int32(-63) } },
  { name: "Saturn", orderFromSun: Int32(6), hasRings: true, mainAtmosphere: ["H2", "He", "CH4"], surfaceTemperatureC: { min: null, max: null, mean: Double(-139.15) }, visits: Int32(1041) },
  { name: "Pluto", orderFromSun: Int32(9), hasRings: false, mainAtmosphere: ["N", "CH4", "CO"], surfaceTemperatureC: { min: Int32(-240), max: Int32(-218), mean: Int32(-229) } },
]);
print(`source: ${source.countDocuments()} documents; destination: ${destination.countDocuments()} documents`);
