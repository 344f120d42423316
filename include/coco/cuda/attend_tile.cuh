// SPDX-License-Identifier: Apache-2.0
/// \file
/// The arithmetic of attention for one warp: a few complete rows in shared memory against 32 lines read from
/// the caller's matrix. For scores a thread has one line; for sums of lines it has every 32nd column of all
/// rows. Warps do not wait for one another.
#pragma once

#include <cuda_runtime.h>

#include <cstddef>

#include <coco/cuda/launch.cuh>
#include <coco/cuda/together.cuh>
#include <coco/store/view.hpp>

#if defined(__CUDACC__)
#define COCO_UNROLL _Pragma("unroll")
#else
#define COCO_UNROLL
#endif

namespace coco::cuda {

/// Four numbers that are read from shared memory together.
template <class T>
struct alignas(16) Quadruple {
    T at[4];
};

/// Shared memory of one warp, allocated piece by piece.
class WarpShared {
public:
    /// \param bytes  per warp, a multiple of 16
    __device__ explicit WarpShared(std::size_t bytes)
        : next_(shared<unsigned char>() + static_cast<std::size_t>(threadIdx.x / warp_size) * bytes) {}

    /// `count` elements; their size in bytes is a multiple of 16.
    template <class T>
    __device__ T* take(int count) {
        T* const at = reinterpret_cast<T*>(next_);
        next_ += sizeof(T) * static_cast<std::size_t>(count);
        return at;
    }

private:
    unsigned char* next_;
};

/// A tile: rows in shared memory against 32 lines.
/// \tparam T        scalar
/// \tparam width    columns of a row, a multiple of 32
/// \tparam maximum  rows, a multiple of 4
template <class T, int width, int maximum>
struct Tile {
    static constexpr int columns = width / warp_size;  ///< columns of a row per thread
    static constexpr int line_stride = warp_size + 4;  ///< quadruples of adjacent threads: different banks
    static constexpr int stage_size = warp_size * line_stride, rows_size = maximum * width,
                         weights_size = maximum * warp_size;

    using From = View<const T, space::Device>;

    /// Addresses of the 32 lines, in shared memory: a row of the matrix (-1: none, read as zeros) and its
    /// first column.
    struct Lines {
        Id* row;
        Id* column;

        static constexpr std::size_t bytes = 2 * warp_size * sizeof(Id);
        __device__ explicit Lines(WarpShared& room)
            : row(room.template take<Id>(warp_size)), column(room.template take<Id>(warp_size)) {}
    };

    __device__ static int lane() { return static_cast<int>(threadIdx.x) % warp_size; }

    /// Sets row r of `to` to `factor` times the `head` numbers at `from`, then zeros.
    __device__ static void put(T* to, int r, const T* from, int head, T factor) {
        for (int c = lane(); c < width; c += warp_size)
            to[r * width + c] = c < head ? factor * from[c] : T(0);
    }
    __device__ static void clear(T* to, int r) {
        for (int c = lane(); c < width; c += warp_size) to[r * width + c] = 0;
    }

    /// score[r] += row r of `rows` . the line of this thread. `stage` holds 32 columns of the lines.
    __device__ static void add_scores(T (&score)[maximum], const T* rows, int count, const Lines& lines,
                                      From from, int head, T* stage) {
        for (int c0 = 0; c0 < head; c0 += warp_size) {
            const int column = c0 + lane();
            __syncwarp();
            COCO_UNROLL
            for (int l = 0; l < warp_size; ++l) {
                const Id row = lines.row[l];
                stage[l * line_stride + lane()] =
                    row >= 0 && column < head ? from.row(row)[lines.column[l] + column] : T(0);
            }
            __syncwarp();
            const int some = head - c0 < warp_size ? head - c0 : warp_size;
            for (int c = 0; c < some; c += 4) {
                const Quadruple<T> y =
                    *reinterpret_cast<const Quadruple<T>*>(stage + lane() * line_stride + c);
                COCO_UNROLL
                for (int first = 0; first < maximum; first += 4) {
                    if (first >= count) break;
                    COCO_UNROLL
                    for (int r = first; r < first + 4; ++r) {
                        const Quadruple<T> x =
                            *reinterpret_cast<const Quadruple<T>*>(rows + r * width + c0 + c);
                        score[r] +=
                            x.at[0] * y.at[0] + x.at[1] * y.at[1] + x.at[2] * y.at[2] + x.at[3] * y.at[3];
                    }
                }
            }
        }
    }

    /// sum[r][c] += the lines' column `lane + 32 c`, weighted by row r of `weights` (maximum x 32). Lines
    /// from `used` on are not read; their weights up to a multiple of four are.
    __device__ static void add_lines(T (&sum)[maximum][columns], const T* weights, int count,
                                     const Lines& lines, int used, From from, int head) {
        for (int l = 0; l < used; l += 4) {
            T y[columns][4];
            COCO_UNROLL
            for (int k = 0; k < 4; ++k) {
                const Id row = l + k < used ? lines.row[l + k] : no_id;
                const T* const line = row >= 0 ? from.row(row) + lines.column[l + k] : nullptr;
                COCO_UNROLL
                for (int c = 0; c < columns; ++c) {
                    const int column = lane() + warp_size * c;
                    y[c][k] = line && column < head ? line[column] : T(0);
                }
            }
            COCO_UNROLL
            for (int first = 0; first < maximum; first += 4) {
                if (first >= count) break;
                COCO_UNROLL
                for (int r = first; r < first + 4; ++r) {
                    const Quadruple<T> x =
                        *reinterpret_cast<const Quadruple<T>*>(weights + r * warp_size + l);
                    COCO_UNROLL
                    for (int c = 0; c < columns; ++c)
                        sum[r][c] +=
                            x.at[0] * y[c][0] + x.at[1] * y[c][1] + x.at[2] * y[c][2] + x.at[3] * y[c][3];
                }
            }
        }
    }
};

/// Maximum number of columns of a head.
inline constexpr int max_head_width = 256;

/// Warps per block if each needs `bytes` of shared memory: at most four, within what every block may use.
constexpr int warps_for(std::size_t bytes) {
    const std::size_t fitting = plain_shared_bytes / bytes;
    return fitting > 4 ? 4 : fitting < 1 ? 1 : static_cast<int>(fitting);
}

/// Rows of a tile such that a thread holds its sums in registers, `sums` for each row and column.
template <class T, int width>
constexpr int rows_for(int sums) {
    const int rows = 8192 / (width * static_cast<int>(sizeof(T)) * sums);
    return rows > 16 ? 16 : rows < 4 ? 4 : rows / 4 * 4;
}

}  // namespace coco::cuda
