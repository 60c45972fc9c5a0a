export default function resizeImage({ image }) {
  throw new Error(`There is no image ${image}`)
}
