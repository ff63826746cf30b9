-- SPDX-License-Identifier: MIT OR Apache-2.0
--
-- Values orders (protocol-docs/valuz.md).
--
--     source               worker                reduce
--    ┌──────┐  order  ┌──────────────┐  result  ┌──────┐
--    │ PUSH │ ──────▶ │ PULL    PUSH │ ───────▶ │ PULL │
--    └──────┘         │          SUB │ ◀─────── │ PUB  │
--                     └──────────────┘   EXIT   └──────┘

{-# LANGUAGE OverloadedStrings #-}

module Main (main) where

import Control.Monad (forM_, guard, unless, when)
import Data.Binary.Get (Get, getDoublele, getInt32le, runGetOrFail)
import Data.Binary.Put (Put, putDoublele, putWord64le, runPut)
import Data.ByteString (ByteString)
import qualified Data.ByteString.Char8 as Bytes
import qualified Data.ByteString.Lazy as Lazy
import Data.Char (isAsciiUpper, isDigit)
import Data.IORef (newIORef, readIORef, writeIORef)
import Data.List.NonEmpty (NonEmpty (..))
import Data.Maybe (fromMaybe, isJust)
import Data.Word (Word64)
import Foreign.C (CInt, withCString)
import GHC.Clock (getMonotonicTime)
import System.Environment (getArgs, lookupEnv)
import System.Exit (ExitCode (..), exitWith)
import System.IO (hPutStrLn, stderr)
import System.Posix (Handler (..), getProcessID, getSystemID, installHandler, nodeName, sigINT, sigTERM)
import System.ZMQ4
import System.ZMQ4.Internal (onSocket)
import System.ZMQ4.Internal.Base (c_zmq_socket_monitor)

data State = State {isUp, isAnnounced :: Bool, done, reported :: Word64, reportAt :: Double}

main :: IO ()
main = do
  arguments <- getArgs
  unless (null arguments) $ hPutStrLn stderr "usage: worker" >> exitWith (ExitFailure 2)
  stopped <- newIORef False
  forM_ [sigINT, sigTERM] $ \signal -> installHandler signal (Catch (writeIORef stopped True)) Nothing
  host <- nodeName <$> getSystemID
  pid <- getProcessID
  let name = Bytes.pack ("haskell:" ++ host ++ ":" ++ show pid)

  withContext $ \zmq ->
    withSocket zmq Sub $ \control ->
    withSocket zmq Push $ \results ->
    withSocket zmq Pull $ \orders ->
    withMonitor zmq orders 0x1000 "inproc://handshakes" $ \handshakes ->
    withMonitor zmq results 0x0200 "inproc://losses" $ \losses -> do
      setLinger (restrict (500 :: Int)) results
      subscribe control "\x01"
      connect control =<< endpoint "VALUZ_CONTROL" "tcp://127.0.0.1:9006"
      connect results =<< endpoint "VALUZ_RESULTS" "tcp://127.0.0.1:9005"
      connect orders =<< endpoint "VALUZ_ORDERS" "tcp://127.0.0.1:9004"

      let report count = whenRoom () $ sendMulti results ("\x04" :| [name, bytes (putWord64le count)])

          -- READY is due when orders is up for the first time, and again when results was lost.
          turn state = do
            room <- hasRoom
            _ <- poll 100 $
              [Sock s [In] Nothing | s <- [handshakes, losses]] ++
              [Sock control [In] Nothing, if room then Sock orders [In] Nothing else Sock results [Out] Nothing]
            up <- (isUp state ||) . isJust <$> received handshakes
            lost <- isJust <$> received losses
            announced <- announce up (isAnnounced state && not lost)
            count <- valueOrders burst (done state)
            now <- getMonotonicTime
            let reports = count /= reported state && now >= reportAt state
            when reports $ report count
            stop <- readIORef stopped
            command <- received control
            if stop || fmap head command == Just "\x01"
              then report count
              else turn state
                { isUp = up, isAnnounced = announced, done = count
                , reported = if reports then count else reported state
                , reportAt = if reports then now + 0.1 else reportAt state }

          announce up announced
            | up && not announced = whenRoom False $ True <$ sendMulti results ("\x02" :| [name])
            | otherwise = pure announced

          valueOrders 0 count = pure count
          valueOrders more count = do
            order <- whenRoom Nothing (received orders)
            case value <$> order of
              Nothing -> pure count
              Just Nothing -> valueOrders (more - 1) count
              Just (Just result) -> sendMulti results result >> valueOrders (more - 1) (count + 1)

          hasRoom = elem Out <$> events results
          whenRoom none act = hasRoom >>= \room -> if room then act else pure none

      turn State {isUp = False, isAnnounced = False, done = 0, reported = 0, reportAt = 0}

-- | How many orders are valued before the loop does anything else.
burst :: Int
burst = 1000

-- | The result of an order; none of a malformed one.
value :: [ByteString] -> Maybe (NonEmpty ByteString)
value (symbol : action : shares : price : rest) = do
  sign <- lookup action [("\x00", 1), ("\x01", -1)]
  number <- exactly getInt32le shares
  each <- exactly getDoublele price
  let worth = sign * (fromIntegral number * each)
  guard $ isSymbol symbol && number > 0 && each > 0 && not (isInfinite worth)
  guard $ length rest <= 8 && sum (map Bytes.length rest) <= 1024
  pure (symbol :| bytes (putDoublele worth) : rest)
value _ = Nothing

isSymbol :: ByteString -> Bool
isSymbol symbol =
  Bytes.length symbol `elem` [2 .. 16] && isAsciiUpper (Bytes.head symbol)
    && Bytes.all (\c -> isAsciiUpper c || isDigit c) symbol

exactly :: Get a -> ByteString -> Maybe a
exactly get frame = case runGetOrFail get (Lazy.fromStrict frame) of
  Right (left, _, decoded) | Lazy.null left -> Just decoded
  _ -> Nothing

bytes :: Put -> ByteString
bytes = Lazy.toStrict . runPut

-- | The next message, if one has arrived.
received :: Receiver a => Socket a -> IO (Maybe [ByteString])
received socket' = do
  arrived <- elem In <$> events socket'
  if arrived then Just <$> receiveMulti socket' else pure Nothing

-- | The events of a socket. The library's 'monitor' is older than those of handshakes, so this calls libzmq.
withMonitor :: Context -> Socket a -> CInt -> String -> (Socket Pair -> IO b) -> IO b
withMonitor zmq watched mask address act = do
  _ <- onSocket "monitor" watched $ \pointer -> withCString address $ \text -> c_zmq_socket_monitor pointer text mask
  withSocket zmq Pair $ \pair -> connect pair address >> act pair

endpoint :: String -> String -> IO String
endpoint variable standard = fromMaybe standard <$> lookupEnv variable
