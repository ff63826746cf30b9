// What part of the picture is seen: all of it at first; nearer, further and aside by keys, wheel and drag.

export interface Camera {
  /** How much larger than fitting: 1 is the whole picture. */
  zoom: number
  /** What is moved to the left and up, in pixels of the room. */
  x: number
  y: number
}

export const WHOLE: Camera = { zoom: 1, x: 0, y: 0 }

const ZOOM_MAX = 6
/** One press of a key, or one notch of a wheel. */
export const STEP = 1.25
/** How far an arrow key moves the picture, in pixels. */
const PAN = 60

interface Size {
  width: number
  height: number
}

/** A camera nearer to the picture, with the point (x, y) of the room where it was. */
export function zoomed(camera: Camera, factor: number, x: number, y: number, room: Size): Camera {
  const zoom = Math.min(ZOOM_MAX, Math.max(1, camera.zoom * factor))
  const by = zoom / camera.zoom
  return within({ zoom, x: (camera.x + x) * by - x, y: (camera.y + y) * by - y }, room)
}

/** A camera that is moved; the picture stays in the room. */
export function panned(camera: Camera, x: number, y: number, room: Size): Camera {
  return within({ ...camera, x: camera.x + x, y: camera.y + y }, room)
}

/** The camera of a key; null if the key has none. Page zoom has + and -, so the diagram has its own. */
export function keyed(camera: Camera, key: string, room: Size): Camera | null {
  const [x, y] = [room.width / 2, room.height / 2]
  switch (key) {
    case 'i':
      return zoomed(camera, STEP, x, y, room)
    case 'o':
      return zoomed(camera, 1 / STEP, x, y, room)
    case 'Home':
      return WHOLE
    case 'ArrowLeft':
      return panned(camera, -PAN, 0, room)
    case 'ArrowRight':
      return panned(camera, PAN, 0, room)
    case 'ArrowUp':
      return panned(camera, 0, -PAN, room)
    case 'ArrowDown':
      return panned(camera, 0, PAN, room)
    default:
      return null
  }
}

function within({ zoom, x, y }: Camera, { width, height }: Size): Camera {
  return {
    zoom,
    x: Math.min(Math.max(0, x), width * (zoom - 1)),
    y: Math.min(Math.max(0, y), height * (zoom - 1)),
  }
}
