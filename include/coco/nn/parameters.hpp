// SPDX-License-Identifier: Apache-2.0
/// \file
/// The memory that a layout describes: values of its blocks, and gradients of the two that are trained.
#pragma once

#include <cstddef>
#include <memory>
#include <type_traits>
#include <vector>

#include <coco/core/random.hpp>
#include <coco/exec/policy.hpp>
#include <coco/nn/elementwise.hpp>
#include <coco/nn/layer.hpp>
#include <coco/store/block.hpp>
#include <coco/store/transfer.hpp>

namespace coco {

/// Values of a model's tensors on a policy.
template <class P>
class Parameters {
    static_assert(explain_policy<P>());

public:
    using Scalar = typename P::Scalar;

    Parameters() = default;
    /// Draws initial values; those of tensor t are a function of (seed, t) alone. Given tensors are filled by
    /// their `fill` functions, whose `Error`s propagate.
    [[gnu::cold, gnu::noinline]] Parameters(P& on, const ParameterLayout& layout, std::uint64_t seed) {
        for (const ParameterBlock which : trained_blocks)
            block(which) = Block<Scalar, P>(on, layout.size(which));
        given_ = std::make_shared<Given>(on, layout.size(ParameterBlock::frozen), layout.stored_bytes());
        std::vector<float> given;
        std::vector<Scalar> values;
        for (std::size_t t = 0; t < layout.tensors().size(); ++t) {
            const Tensor& tensor = layout.tensors()[t];
            const std::size_t size = static_cast<std::size_t>(tensor.ref.size());
            if (size == 0) continue;
            if (tensor.fill) {
                if constexpr (std::is_same_v<typename P::Space, space::Host> &&
                              std::is_same_v<Scalar, float>) {
                    // In place: a table of given values may be as large as all other tensors.
                    tensor.fill({list(tensor.ref).data, size});
                    continue;
                }
                given.resize(size);
                tensor.fill(given);
                values.assign(given.begin(), given.end());
            } else {
                values.assign(size, Scalar(0));
                RandomStream random(seed, 0x1000000 + tensor.stream);
                for (Scalar& v : values) v = first(tensor.init, random);
            }
            on.upload(values.data(), list(tensor.ref));
        }
        for (const StoredTensor& tensor : layout.stored_tensors()) {
            const std::size_t size = static_cast<std::size_t>(tensor.ref.bytes());
            std::byte* const place = given_->stored.data() + tensor.ref.at;
            if constexpr (std::is_same_v<typename P::Space, space::Host>) {
                tensor.fill({place, size});
            } else {
                std::vector<std::byte> bytes(size);
                tensor.fill(bytes);
                on.upload(bytes.data(), List<std::byte, typename P::Space>{place, tensor.ref.bytes()});
            }
        }
    }

    /// A copy of another policy's parameters.
    template <class Q>
    Parameters(P& on, Q& other_on, const Parameters<Q>& other)
        : given_(std::make_shared<Given>(on, other.block(ParameterBlock::frozen).size(),
                                         other.stored().size())) {
        copy_trained(on, other_on, other);
        transfer(other_on, other.block(ParameterBlock::frozen).list(), on, given_->frozen.list());
        transfer(other_on, other.stored().list(), on, given_->stored.list());
    }

    /// A copy of what is trained; what is given, which never changes, is shared.
    Parameters snapshot(P& on) const {
        Parameters copy;
        copy.given_ = given_;
        copy.copy_trained(on, on, *this);
        return copy;
    }

    List<Scalar, typename P::Space> list(const TensorRef& s) {
        return {block(s.block).data() + s.at, s.size()};
    }
    List<const Scalar, typename P::Space> list(const TensorRef& s) const {
        return {block(s.block).data() + s.at, s.size()};
    }
    Rows<P> view(const TensorRef& s) { return {block(s.block).data() + s.at, s.rows, s.cols}; }
    CRows<P> view(const TensorRef& s) const { return {block(s.block).data() + s.at, s.rows, s.cols}; }
    Block<Scalar, P>& block(ParameterBlock which) {
        return which == ParameterBlock::frozen ? given_->frozen : blocks_[static_cast<int>(which)];
    }
    const Block<Scalar, P>& block(ParameterBlock which) const {
        return which == ParameterBlock::frozen ? given_->frozen : blocks_[static_cast<int>(which)];
    }
    /// Bytes of matrices that stay in their stored format.
    const Block<std::byte, P>& stored() const { return given_->stored; }

    /// A context that reads these values; the caller sets gradients, `training`, `seed` and `step`.
    Context<P> context(P& on, Workspace<P>& work) const {
        Context<P> r{on, work};
        for (const ParameterBlock which : trained_blocks)
            r.values[static_cast<int>(which)] = block(which).data();
        r.values[static_cast<int>(ParameterBlock::frozen)] = given_->frozen.data();
        r.stored_bytes = given_->stored.data();
        return r;
    }

private:
    // With its size: nvcc does not deduce it in a template.
    static constexpr ParameterBlock trained_blocks[2] = {ParameterBlock::dense, ParameterBlock::table};

    /// Tensors that no training changes.
    struct Given {
        Given(P& on, Index size, Index bytes) : frozen(on, size), stored(on, bytes) {}
        Block<Scalar, P> frozen;
        Block<std::byte, P> stored;
    };

    template <class Q>
    void copy_trained(P& on, Q& other_on, const Parameters<Q>& other) {
        for (const ParameterBlock which : trained_blocks) {
            block(which) = Block<Scalar, P>(on, other.block(which).size());
            transfer(other_on, other.block(which).list(), on, block(which).list());
        }
    }

    static Scalar first(const Init& init, RandomStream& random) {
        switch (init.kind) {
            case Init::Kind::zeros:
                return Scalar(0);
            case Init::Kind::ones:
                return Scalar(1);
            case Init::Kind::normal:
                return static_cast<Scalar>(init.scale * random.normal());
            case Init::Kind::uniform:
                return static_cast<Scalar>(init.scale * (2 * random.uniform() - 1));
        }
        return Scalar(0);
    }

    Block<Scalar, P> blocks_[2];  ///< dense, table
    std::shared_ptr<Given> given_;
};

/// Rows on the host, row-major. \param rows  dense: of stride `cols`
template <class P>
std::vector<typename P::Scalar> values_of(P& on, CRows<P> rows) {
    std::vector<typename P::Scalar> out(static_cast<std::size_t>(rows.size()));
    on.download(List<const typename P::Scalar, typename P::Space>{rows.data, rows.size()}, out.data());
    return out;
}

/// A tensor's values on the host, row-major.
template <class P>
std::vector<typename P::Scalar> values_of(P& on, const Parameters<P>& parameters, const TensorRef& ref) {
    return values_of<P>(on, parameters.view(ref));
}

/// Gradients (or moments) of the blocks that are trained.
template <class P>
class Gradients {
public:
    using Scalar = typename P::Scalar;

    Gradients() = default;
    Gradients(P& on, const ParameterLayout& layout) {
        for (const ParameterBlock which : {ParameterBlock::dense, ParameterBlock::table})
            blocks_[static_cast<int>(which)] = Block<Scalar, P>(on, layout.size(which));
    }

    Block<Scalar, P>& block(ParameterBlock which) { return blocks_[static_cast<int>(which)]; }
    const Block<Scalar, P>& block(ParameterBlock which) const { return blocks_[static_cast<int>(which)]; }
    Rows<P> view(const TensorRef& s) { return {block(s.block).data() + s.at, s.rows, s.cols}; }

    /// Makes the blocks the gradients of a context.
    void attach(Context<P>& ctx) {
        for (int h = 0; h < 2; ++h) ctx.gradients[h] = blocks_[h].data();
    }
    void zero(P& on) {
        for (auto& b : blocks_)
            if (b.size()) on.fill(b.list(), Scalar(0));
    }

private:
    Block<Scalar, P> blocks_[2];
};

/// Copies the trained blocks. \param from, to  `Parameters` or `Gradients` of one layout
template <class P, class From, class To>
void copy_trained(P& on, const From& from, To& to) {
    for (const ParameterBlock which : {ParameterBlock::dense, ParameterBlock::table})
        if (const Index size = from.block(which).size(); size > 0)
            nn::copy<P>(on, from.block(which).view(1, size), to.block(which).view(1, size));
}

}  // namespace coco
