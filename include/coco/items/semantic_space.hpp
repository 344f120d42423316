// SPDX-License-Identifier: Apache-2.0
/// \file
/// The space in which texts of items are compared: principal columns of text vectors, each scaled to about
/// the same variance, rows of length 1. A language model's hidden rows cannot be used as they are: a few
/// columns hold most of their energy, and all rows have most of their direction in common.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <coco/core/error.hpp>
#include <coco/io/file_digest.hpp>
#include <coco/io/safetensors.hpp>
#include <coco/io/safetensors_writer.hpp>
#include <coco/statistics/principal_axes.hpp>

namespace coco::items {

/// kappa = unit((t - mean) A), column j of A the j-th principal axis divided by sqrt(E_j + shrink E_1), E the
/// eigenvalues of the covariance. With a small `shrink` all columns weigh the same (whitened); a larger one
/// leaves the weak columns weak. The statistics are those of the catalogue on which it was fitted: a new item
/// is read with them.
class SemanticSpace {
public:
    SemanticSpace() = default;
    SemanticSpace(Index width, std::vector<float> mean, std::vector<float> map)
        : width_(width), mean_(std::move(mean)), map_(std::move(map)) {
        require(width_ > 0 && static_cast<Index>(mean_.size()) == width_ &&
                    static_cast<Index>(map_.size()) % width_ == 0,
                "semantic space", "sizes do not fit");
    }

    /// \param vectors  texts x width; rows of zeros are items without text and left out
    /// \param columns  of kappa, at most; fewer where the texts span fewer dimensions
    /// \tparam T  scalar of the arithmetic
    /// \throws Error where no item has a text, a number or a squared length is not finite, or a setting is
    /// out of range
    template <class T = double>
    static SemanticSpace fit(std::span<const float> vectors, Index width, Index columns = 256,
                             double shrink = 1e-3) {
        require(width > 0 && vectors.size() % static_cast<std::size_t>(width) == 0, "semantic space",
                "vectors are not rows of the width", text_of("a multiple of ", width),
                text_of(vectors.size()));
        require(columns >= 1, "semantic space: columns", "too small", "at least 1", text_of(columns));
        require(shrink > 0, "semantic space: shrink", "out of range", "above 0", text_of(shrink));
        std::vector<float> rows;
        const std::size_t w = static_cast<std::size_t>(width);
        for (std::size_t i = 0; i < vectors.size() / w; ++i) {
            const std::span<const float> row = vectors.subspan(i * w, w);
            float length = 0;
            for (const float x : row) {
                if (!std::isfinite(x)) throw Error(text_of("text vector ", i), "a number is not finite");
                length += x * x;
            }
            // What made such numbers has gone wrong, and products with them would be infinite.
            if (!std::isfinite(length))
                throw Error(text_of("text vector ", i), "too long for a float's square", "below 1.8e19");
            if (has_text(row)) rows.insert(rows.end(), row.begin(), row.end());
        }
        require(!rows.empty(), "semantic space", "no item has a text");
        const statistics::PrincipalAxes axes = statistics::principal_axes<T>(rows, width, columns);
        std::vector<float> map;
        for (std::size_t k = 0; k < axes.variance.size(); ++k) {
            // Texts span no more dimensions than this; what is left is rounding.
            if (axes.variance[k] <= 1e-10 * axes.variance[0]) break;
            const double scale = 1 / std::sqrt(axes.variance[k] + shrink * axes.variance[0]);
            for (std::size_t j = 0; j < w; ++j)
                map.push_back(static_cast<float>(axes.axes[k * w + j] * scale));
        }
        // One text, or all texts alike: no direction distinguishes them, and kappa is zero.
        if (map.empty()) map.assign(w, 0.0f);
        return {width, std::vector<float>(axes.mean.begin(), axes.mean.end()), std::move(map)};
    }

    Index width() const { return width_; }
    Index columns() const { return width_ == 0 ? 0 : static_cast<Index>(map_.size()) / width_; }

    /// kappa of texts, texts x columns(); zeros for an item without text (a row of zeros).
    std::vector<float> operator()(std::span<const float> vectors) const { return read(vectors); }
    /// The same in the numbers of the vectors.
    template <class T>
    std::vector<T> read(std::span<const T> vectors) const {
        const std::size_t w = static_cast<std::size_t>(width_), r = static_cast<std::size_t>(columns());
        require(w > 0 && vectors.size() % w == 0, "semantic space", "vectors are not rows of its width",
                text_of("a multiple of ", width_), text_of(vectors.size()));
        std::vector<T> out(vectors.size() / w * r);
        std::vector<double> part(r);
        for (std::size_t i = 0; i < vectors.size() / w; ++i) {
            const double length = mapped(vectors.subspan(i * w, w), part);
            for (std::size_t k = 0; k < r && length > 0; ++k)
                out[i * r + k] = static_cast<T>(part[k] / length);
        }
        return out;
    }
    /// The gradient of text vectors, texts x width(), from that of kappa; mean and axes stay as they are.
    template <class T>
    std::vector<T> backward(std::span<const T> vectors, std::span<const T> dkappa) const {
        const std::size_t w = static_cast<std::size_t>(width_), r = static_cast<std::size_t>(columns());
        require(w > 0 && vectors.size() % w == 0 && dkappa.size() * w == vectors.size() * r, "semantic space",
                "vectors and gradients are not rows of its sizes", text_of(vectors.size() / w * r),
                text_of(dkappa.size()));
        std::vector<T> out(vectors.size());
        std::vector<double> part(r), dx(w);
        for (std::size_t i = 0; i < vectors.size() / w; ++i) {
            const double length = mapped(vectors.subspan(i * w, w), part);
            if (length == 0) continue;
            double along = 0;
            for (std::size_t k = 0; k < r; ++k) along += part[k] * static_cast<double>(dkappa[i * r + k]);
            std::fill(dx.begin(), dx.end(), 0.0);
            for (std::size_t k = 0; k < r; ++k) {
                const double d =
                    (static_cast<double>(dkappa[i * r + k]) - part[k] * along / (length * length)) / length;
                for (std::size_t j = 0; j < w; ++j) dx[j] += d * static_cast<double>(map_[k * w + j]);
            }
            for (std::size_t j = 0; j < w; ++j) out[i * w + j] = static_cast<T>(dx[j]);
        }
        return out;
    }

    /// Identifies the statistics: knowledge and checkpoints of another space do not fit.
    std::string digest() const {
        const auto sum = [](const std::vector<float>& x) {
            return io::XXH64::of(std::as_bytes(std::span<const float>(x)));
        };
        return text_of(width_, " x ", columns(), ", ", sum(mean_), ", ", sum(map_));
    }

    /// Replaces the file atomically.
    void save(const std::filesystem::path& path) const {
        io::SafetensorsWriter file;
        file.metadata("kind", "coco semantic space");
        file.add("mean", {width_}, std::span<const float>(mean_));
        file.add("map", {columns(), width_}, std::span<const float>(map_));
        file.write(path);
    }
    /// \throws Error naming file and tensor
    static SemanticSpace load(const std::filesystem::path& path) {
        const io::Safetensors file(path);
        const io::Shape shape = file.tensor("map").shape;
        require(shape.size() == 2, file.path() + ": map", "wrong shape", "two dimensions");
        const auto mean = file.get<float>("mean", {shape[1]}), map = file.get<float>("map", shape);
        return {shape[1], {mean.begin(), mean.end()}, {map.begin(), map.end()}};
    }

private:
    template <class T>
    static bool has_text(std::span<const T> row) {
        return std::any_of(row.begin(), row.end(), [](T x) { return x != T(0); });
    }
    /// (t - mean) A; returns its length, 0 for a text that is none.
    template <class T>
    double mapped(std::span<const T> row, std::vector<double>& part) const {
        if (!has_text(row)) return 0;
        const std::size_t w = row.size();
        double squares = 0;
        for (std::size_t k = 0; k < part.size(); ++k) {
            double sum = 0;
            for (std::size_t j = 0; j < w; ++j)
                sum += (static_cast<double>(row[j]) - static_cast<double>(mean_[j])) *
                       static_cast<double>(map_[k * w + j]);
            part[k] = sum;
            squares += sum * sum;
        }
        return std::sqrt(squares);
    }

    Index width_ = 0;
    std::vector<float> mean_, map_;  ///< width; columns x width
};

}  // namespace coco::items
